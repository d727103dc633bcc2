/** Raw wait statuses (wait(2)): what WIFEXITED and its kin take apart. */
import type { WaitResult } from "../syscalls/types.ts";

export const WNOHANG = 1;
export const WUNTRACED = 2;
export const WCONTINUED = 8;

/** No process is ever dumped, so WCOREDUMP never holds. */
export function signalStatus(signal: number): number {
  return signal & 0x7f;
}

export function exitStatus(status: number): number {
  return (status & 0xff) << 8;
}

export function stopStatus(signal: number): number {
  return (signal << 8) | 0x7f;
}

export const CONTINUED_STATUS = 0xffff;

/** A wait status taken apart; exactly one field is defined. */
export interface Outcome {
  readonly exited: number | undefined;
  readonly signaled: number | undefined;
  readonly stopped: number | undefined;
  readonly continued: true | undefined;
}

export function decodeStatus({ status }: Pick<WaitResult, "status">): Outcome {
  const none = { exited: undefined, signaled: undefined, stopped: undefined, continued: undefined };
  if (status === CONTINUED_STATUS) return { ...none, continued: true };
  if ((status & 0xff) === 0x7f) return { ...none, stopped: (status >> 8) & 0xff };
  if ((status & 0x7f) !== 0) return { ...none, signaled: status & 0x7f };
  return { ...none, exited: (status >> 8) & 0xff };
}
