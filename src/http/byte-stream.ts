/**
 * A connection as HTTP sees it: bytes both ways, with back-pressure and half-closes. A socket of the
 * kernel's, one of the host's and two web streams all fit behind it.
 */

export interface ByteStream {
  /** What is there, `most` bytes at most, at least one; undefined at the end. The bytes are the caller's. */
  read(most: number): Promise<Uint8Array | undefined>;
  /** Resolves when more may be written. */
  write(bytes: Uint8Array): Promise<void>;
  /** Nothing more will be written; what the other side sends can still be read. */
  end(): Promise<void>;
  /** Breaks it both ways, and lets go of it: whatever is under way rejects. May be called again. */
  abort(reason?: unknown): void;
}

/** Bytes in turn: a body, as whoever reads it sees it. */
export interface ByteSource {
  /** Undefined at the end. */
  read(): Promise<Uint8Array | undefined>;
  /** Nobody wants the rest. */
  cancel(reason?: unknown): void;
}

export const NO_BYTES = new Uint8Array(0);

/** A source of these bytes alone. */
export function sourceOf(bytes: Uint8Array): ByteSource {
  let rest: Uint8Array | undefined = bytes.length > 0 ? bytes : undefined;
  return {
    async read() {
      const piece = rest;
      rest = undefined;
      return piece;
    },
    cancel() {
      rest = undefined;
    },
  };
}

/** Microtasks in which what is there already can be said. */
const TURNS = 32;

/** True where `work` has settled, or does without waiting for anything outside. */
export async function isThere(work: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const settle = () => {
    settled = true;
  };
  work.then(settle, settle);
  for (let turn = 0; turn < TURNS && !settled; turn++) await undefined;
  return settled;
}
