/** What a kernel's worker and the API say to each other besides comlink's calls, on every host. */
import type { EmbedderNumber } from "../machine/embedder.ts";
import type { MachineOptions } from "../machine/protocol.ts";
import type { MachineService } from "../machine/service.ts";

/** The worker's last words: the stack of what it could not catch. */
export interface Fault {
  readonly fault: string;
}

/** To a kernel of Node's: let go of everything, nobody will ask any more. */
export interface Farewell {
  readonly farewell: true;
}

/** System calls of a machine that is traced. */
export interface Trace {
  readonly trace: number;
  readonly lines: string[];
}

/** What the worker exposes: the service, but for what cannot be a message. */
export type WorkerService = Pick<MachineService, "request" | "dispose"> & {
  create(options: MachineOptions, embedder: EmbedderNumber | undefined): Promise<number>;
  trace(id: number, wanted: boolean): Promise<void>;
};
