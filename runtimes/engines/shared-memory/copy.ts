/**
 * Copies between a channel and memory of the guest's own. V8 moves shared memory in whole words only
 * where both ends lie alike within a word, else byte by byte, ten times slower: such a copy goes through
 * a buffer in between, whose end lies as the channel's does.
 */

/** Bytes of a word, less one. */
const WITHIN_WORD = 7;
/** Copies below this many bytes cost no less through the buffer. */
const WORTH = 512;
/** Small enough to stay in the processor's nearest caches. */
const STEP = 16_384;

let between: Uint8Array | undefined;

/** `count` bytes of `channel` from `at` to the start of `target`. */
export function copyOut(channel: Uint8Array, at: number, target: Uint8Array, count: number): void {
  const skew = at & WITHIN_WORD;
  if (count < WORTH || (target.byteOffset & WITHIN_WORD) === skew) {
    target.set(channel.subarray(at, at + count));
    return;
  }
  between ??= new Uint8Array(STEP + WITHIN_WORD);
  for (let done = 0; done < count; done += STEP) {
    const size = Math.min(STEP, count - done);
    between.set(channel.subarray(at + done, at + done + size), skew);
    target.set(between.subarray(skew, skew + size), done);
  }
}

/** All of `source` to `channel` at `at`. */
export function copyIn(channel: Uint8Array, at: number, source: Uint8Array): void {
  const skew = at & WITHIN_WORD;
  const count = source.length;
  if (count < WORTH || (source.byteOffset & WITHIN_WORD) === skew) {
    channel.set(source, at);
    return;
  }
  between ??= new Uint8Array(STEP + WITHIN_WORD);
  for (let done = 0; done < count; done += STEP) {
    const size = Math.min(STEP, count - done);
    between.set(source.subarray(done, done + size), skew);
    channel.set(between.subarray(skew, skew + size), at + done);
  }
}
