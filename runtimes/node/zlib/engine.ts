/** What does the work under a stream of lib/zlib.js, on the host or here. */

/** Modes of a stream (node_zlib.cc). */
export const Mode = {
  None: 0,
  Deflate: 1,
  Inflate: 2,
  Gzip: 3,
  Gunzip: 4,
  DeflateRaw: 5,
  InflateRaw: 6,
  Unzip: 7,
  BrotliDecode: 8,
  BrotliEncode: 9,
  ZstdCompress: 10,
  ZstdDecompress: 11,
} as const;

export interface Failure {
  readonly message: string;
  readonly errno: number;
  readonly code: string;
}

export interface Progress {
  consumed: number;
  made: number;
  failure: Failure | undefined;
}

export interface CompressionEngine {
  /** Works as far as `input` and `output` go, with one of the library's own flush values. */
  write(flush: number, input: Uint8Array, output: Uint8Array): Progress;
  reset(): Failure | undefined;
  params(level: number, strategy: number): Failure | undefined;
  close(): void;
}

export interface ZlibParameters {
  readonly mode: number;
  readonly windowBits: number;
  readonly level: number;
  readonly memLevel: number;
  readonly strategy: number;
  readonly dictionary: Uint8Array;
}
