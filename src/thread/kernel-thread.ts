/**
 * The thread that kernels run in, as the API sees it: requests go in, results come out. One is a Worker
 * that serves every machine of the process; one is a process for a single machine and its forks; one is the
 * caller's own thread, for tests.
 */
import type { Embedder } from "../machine/embedder.ts";
import type { MachineOptions } from "../machine/protocol.ts";
import type { Arguments, Operations, Part, Result } from "../machine/service.ts";

export interface KernelThread {
  /** It ended before its time, and all of its machines with it. Undefined: it cannot. */
  readonly dead?: boolean;
  /** Without an embedder nobody is asked, and nobody hears. */
  create(options: MachineOptions, embedder?: Embedder): Promise<number>;
  /** Rejects with a Failure where the operation failed. */
  request<P extends Part, N extends keyof Operations[P] & string>(
    id: number,
    part: P,
    name: N,
    args: Arguments<P, N>,
  ): Promise<Result<P, N>>;
  trace(id: number, listener: ((lines: string[]) => void) | undefined): Promise<void>;
  dispose(id: number): Promise<void>;
}
