/** The kernel as the program's thread reaches it; each engine brings its own transport. */
import type { BlockingSyscalls } from "../../kernel/abi.ts";

export interface GuestKernel {
  readonly sys: BlockingSyscalls;
  /** System calls made so far: equal numbers mean that none came in between. */
  readonly callCount: number;
  /** Another number whenever any process may have changed status flags (F_SETFL) since. */
  readonly flagsVersion: number;
  /**
   * Writes without waiting, in order with every other call; false where it cannot. For blocking writes to pipes, whose success says nothing but "on its way", and for
   * what takes everything.
   */
  post(fd: number, data: Uint8Array): boolean;
  /** The program's memory has this many bytes now. */
  noteMemory(bytes: number): void;
  /** Called when a call's answer says that a caught signal waits; it takes and handles it. */
  onSignals: () => void;
}
