/** `limits` of createVm: what a machine may have of its host. */
import { DEFAULT_LIMITS, type KernelLimits } from "../../kernel/gauges.ts";
import type { MachineLimits } from "../machine/protocol.ts";
import { checkOptions, integer } from "./check.ts";

/** What meets a limit fails with the errno below; the machine's owner is told, and told how to raise it. */
export interface VmLimits {
  /** Processes at once; EAGAIN. Default: 256. */
  processes?: number;
  /** Worker threads of Node programs at once; ERR_WORKER_INIT_FAILED. Default: 256. */
  threads?: number;
  /** Descriptors of all processes together, besides `ulimit -n` of each; ENFILE. Default: 262,144. */
  descriptors?: number;
  /** Pipes and open FIFOs; ENFILE. Default: 16,384. */
  pipes?: number;
  /** Sockets; ENFILE. Default: 16,384. */
  sockets?: number;
  /** Bytes of files in memory; ENOSPC. Default: 1 GiB. */
  disk?: number;
  /** Files and directories in memory; ENOSPC. Default: 4,000,000. */
  inodes?: number;
  /** Bytes that all programs have together; the largest is killed. Default: 4 GiB. */
  memory?: number;
  /** Bytes that one program has; it is killed. Default: what the host sets for all. */
  processMemory?: number;
  /** Milliseconds of CPU time of all programs together; whoever uses more is killed. Default: none. */
  cpuTime?: number;
  /** Milliseconds of CPU time of one process, rounded up to seconds; SIGKILL. Default: none. */
  processCpuTime?: number;
  /** Milliseconds that vm.exec takes at most, whatever its `timeout`; ETIMEDOUT. Default: none. */
  execTime?: number;
  /** Bytes of each stream that vm.exec gathers, whatever its `maxBuffer`; ERR_MAX_BUFFER. Default: none. */
  output?: number;
  /** Bytes to and from the outside; ECONNRESET. Default: none. */
  egressBytes?: number;
  /** Connections to the outside, and HTTP requests that can be seen; EACCES. Default: none. */
  egressRequests?: number;
}

export type VmLimitName = keyof VmLimits;

/** What the machine has of what it may have, by the names of its limits; no limit is Infinity. */
export type VmStats = {
  readonly [Name in keyof KernelLimits]: { readonly used: number; readonly max: number };
} & {
  /** Milliseconds since it was switched on. */
  readonly uptimeMs: number;
};

export const LIMIT_NAMES: readonly string[] = [
  ...Object.keys(DEFAULT_LIMITS),
  "execTime",
  "output",
];
const RANGE = { min: 1, max: Number.MAX_SAFE_INTEGER };

export function normalizeLimits(where: string, limits: VmLimits): MachineLimits {
  checkOptions(`${where}: limits`, limits, LIMIT_NAMES);
  for (const [name, value] of Object.entries(limits)) {
    if (value === undefined || value === Number.POSITIVE_INFINITY) continue;
    integer({ where, name: `limits.${name}` }, value, RANGE);
  }
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}
