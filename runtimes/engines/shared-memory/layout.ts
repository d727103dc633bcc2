/**
 * The memory that a guest thread and the kernel share: one channel for each guest, which carries one
 * system call at a time, and one doorbell for all guests of a kernel thread. Both ends import this
 * file and nothing else of each other.
 *
 * A call: the guest encodes it at BODY, sets State.Request, raises its bit in the doorbell, wakes the
 * kernel if that sleeps, and waits for State to change. The kernel answers at the same place.
 *
 * A posted write: the guest appends a record to the queue at POSTED, moves Word.PostTail, and goes on; it
 * rings where much has gathered. The kernel carries the writes out in order, all of them before the guest's next call, so that the
 * only one who could tell the difference is a writer that would have had to wait.
 */

/** Int32 indices into a channel. */
export const Word = {
  /** A State. */
  State: 0,
  /** The guest's: number of the call in the table. */
  Number: 1,
  /** The guest's: bytes of encoded arguments at BODY. */
  Length: 2,
  /** The kernel's: errno, 0, or RESTART. */
  Error: 3,
  /** The kernel's: not 0 while a caught signal waits for sigtake. */
  Signals: 4,
  /** The kernel's: another number whenever some file's status flags may have changed. */
  Flags: 5,
  /** Bytes of the queue that the kernel is done with; counts on beyond the queue's size. */
  PostHead: 6,
  /** The guest's: bytes of the queue that it has filled. */
  PostTail: 7,
  /** The guest's: descriptor of all writes in the queue. */
  PostFd: 8,
  /** The kernel's: not 0 where a write to a broken pipe ends the guest, so that none needs to report. */
  MayPost: 9,
  /** The kernel's: bytes at AHEAD that the last read brought, where it brought more than was asked for. */
  AheadEnd: 10,
  /** The guest's: how many of these, at the end, it has not read yet. The kernel may take them back. */
  AheadLeft: 11,
  /** The guest's: pages of its linear memory, as of its last call. */
  MemoryPages: 12,
} as const;

export const State = {
  /** The guest computes. */
  Idle: 0,
  /** A call is with the kernel, the guest polls for the answer. */
  Request: 1,
  /** The same, and the guest sleeps on this word: it must be notified. */
  Parked: 2,
  /** The answer is there. */
  Reply: 3,
  /** The process ended: the guest unwinds and makes no further call. */
  Gone: 4,
} as const;

/** In Word.Error: handle the pending signals, then make the same call again. */
export const RESTART = -1;

/** Byte offset of arguments and results. */
export const BODY = 64;
/** Bytes at BODY that hold the result of a call with an `out` buffer; the buffer lies behind them. */
export const OUT_OFFSET = 64;
/** What one read or write carries at most. */
export const TRANSFER_MAX = 1_048_576;
/** Room for the longest argument list (ARG_MAX) and its framing; untouched pages cost nothing. */
const BODY_BYTES = 3_145_728;

/** The queue of posted writes: each a header, whose first word is the length, and its bytes; in a ring. */
export const POSTED = BODY_BYTES;
export const POSTED_BYTES = 131_072;
export const POSTED_HEADER = 8;
/** Bytes of the queue that a write of `length` takes: records begin at whole words, which copies are fast for. */
export const postedBytes = (length: number): number => POSTED_HEADER + ((length + 7) & ~7);
/** Bytes in the queue at which the guest rings; the kernel looks for less from time to time. */
export const POST_RING = 32_768;
/** Bytes of one posted write at most. */
export const POST_MAX = 32_768;
/** In place of a length: the next record begins at the ring's start. */
export const POST_WRAP = -1;

/**
 * Bytes that a guest will read next from a pipe or file that nobody else reads: the kernel hands them
 * over with an earlier read, and takes back what is left before a call that could show them missing.
 */
export const AHEAD = POSTED + POSTED_BYTES;
export const AHEAD_BYTES = 262_144;
export const CHANNEL_BYTES = AHEAD + AHEAD_BYTES;

/** Int32 indices into the doorbell. */
export const Bell = {
  /** 0 while the kernel sleeps on this word. */
  Awake: 0,
  /** Bit n: word n of Pending has a bit. */
  Summary: 16,
  /** Bit s of word w: channel 32 w + s has a call. */
  Pending: 32,
} as const;

export const SUMMARY_WORDS = 4;
/** Guests that one kernel thread serves at a time. */
export const CHANNELS = SUMMARY_WORDS * 32 * 32;
export const BELL_BYTES = 4 * (Bell.Pending + SUMMARY_WORDS * 32);
