/**
 * What a step of a codec may be, for both its ends: a program that works by one (runtimes/node) and the
 * host that has it (src/platforms). Smaller numbers are the flush values of a compressor's own library.
 */
export const CodecOperation = {
  DigestUpdate: 0,
  /** A digest's outcome; it takes no more. */
  DigestEnd: 1,
  /** Begin anew with the same parameters. */
  Reset: 16,
  /** zlib's deflateParams: level and strategy, 32 bits each. */
  Params: 17,
} as const;
