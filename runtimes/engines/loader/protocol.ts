/** What travels between the kernel's Worker and the one that a guest runs in. */

export interface GuestJob {
  readonly pid: number;
  readonly argv: readonly string[];
  readonly envp: readonly string[];
  readonly memoryBytes: number;
}

/** The kernel's end of a guest, called from there. */
export interface GuestCalls {
  /** Makes a system call with its arguments as the table's codecs write them. */
  call(number: number, args: Uint8Array): Promise<Reply>;
  /** Ends the process as by this signal. */
  die(signal: number): Promise<void>;
}

export interface Reply {
  /** Errno, 0, RESTART, or GONE. */
  readonly error: number;
  /** The result as its codec writes it, and behind it the bytes of an `out` buffer. */
  readonly body: Uint8Array;
  readonly bodyBytes: number;
  /** A caught signal waits. */
  readonly signals: boolean;
  readonly flagsVersion: number;
}

export interface GuestEntrypoint {
  /** Runs the program to its end. */
  run(job: GuestJob, calls: GuestCalls): Promise<void>;
}

/** A caught signal asks to make the call again. */
export const RESTART = -1;
/** The process ended, or runs another program. */
export const GONE = -2;

/** What one read or write carries at most. */
export const TRANSFER_MAX = 1_048_576;
/** Room for the longest argument list and its framing. */
export const MESSAGE_MAX = 3_145_728;
