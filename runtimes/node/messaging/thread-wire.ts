/** Ports whose other end is in another thread of the process: see the worker binding. */
import type { Environment } from "../environment.ts";
import { cloneError } from "./message.ts";
import type { PortEnd } from "./port-link.ts";

/** Gives `end`'s place to another thread; the descriptor by which that thread takes it. */
export function remoteEnd(env: Environment, _end: PortEnd): number {
  throw cloneError(env, "A MessagePort cannot leave its thread yet.");
}
