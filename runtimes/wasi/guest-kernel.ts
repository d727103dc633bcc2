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
  /**
   * Closes without waiting, ahead of the next call, for descriptors whose closing cannot fail: open regular
   * files. Missing where an engine has no such way.
   */
  closeSoon?(fd: number): void;
  /** The program's memory has this many bytes now. */
  noteMemory(bytes: number): void;
  /**
   * What `look` finds, which is neither argument, memory nor system call: an engine may run an import
   * again from its start after a call that waited, and it has to come the same way again. So whatever an
   * import changes before its last call is looked at through here.
   */
  once<T>(look: () => T): T;
  /** Called when a call's answer says that a caught signal waits; it takes and handles it. */
  onSignals: () => void;
}
