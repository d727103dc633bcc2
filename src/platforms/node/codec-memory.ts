/**
 * What compressors of the host's may hold of its memory, by their parameters. A guest chooses those, so
 * every table that one of them can enlarge is counted: what is too much never starts.
 */
import { constants } from "node:zlib";
import type { CodecMemory } from "../../../kernel/index.ts";
import { parameterValues } from "../codec-parameters.ts";

type Parameters = readonly number[];

/** A stream of Node's with its handle, whatever it compresses. */
const OBJECT_BYTES = 65_536;
const MEBIBYTE = 1 << 20;
/** Of a window no more than this is touched while little has moved, and in one step more. */
const LITTLE_BYTES = 1.25 * MEBIBYTE;
/** Windows that decoders take unless they are told of other ones. */
const ZSTD_WINDOW_LOG = 27;
const BROTLI_DECODER_BYTES = 17 * MEBIBYTE;

/** https://zlib.net/zlib_tech.html */
export function deflateMemory([windowBits = 15, , memLevel = 8]: Parameters): CodecMemory {
  return memory(2 ** (within(windowBits, 8, 15) + 2) + 2 ** (within(memLevel, 1, 9) + 9), 0);
}

export function inflateMemory(): CodecMemory {
  return memory(0, 65_536);
}

export function brotliMemory(parameters: Parameters): CodecMemory {
  // Unsigned to the library: a negative one is its largest.
  const of = lookUp(parameters.map((value) => value >>> 0));
  const quality = of(constants.BROTLI_PARAM_QUALITY) ?? constants.BROTLI_DEFAULT_QUALITY;
  const window = of(constants.BROTLI_PARAM_LGWIN) ?? constants.BROTLI_DEFAULT_WINDOW;
  const block = of(constants.BROTLI_PARAM_LGBLOCK) || 18;
  const isBest = quality > 9;
  const history = (isBest ? 16 : 5) * 2 ** Math.max(window, block);
  // What the search for the best way keeps of a block.
  const search = isBest ? 20 * 2 ** block : 0;
  return memory(brotliTables(quality, isBest), history + search);
}

/** A large window is one of up to a gigabyte. */
export function brotliDecodeMemory(parameters: Parameters): CodecMemory {
  const isLarge = (lookUp(parameters)(constants.BROTLI_DECODER_PARAM_LARGE_WINDOW) ?? 0) !== 0;
  return memory(0, isLarge ? 2 ** 30 : BROTLI_DECODER_BYTES);
}

/** Tables are cleared when it starts; the window, for input and output, fills. */
export function zstdMemory(parameters: Parameters): CodecMemory {
  const of = lookUp(parameters);
  const level = within(of(constants.ZSTD_c_compressionLevel) || 3, 1, ZSTD_LEVELS.length);
  const [window, chain, hash] = ZSTD_LEVELS[level - 1] as (typeof ZSTD_LEVELS)[number];
  const findsLong = of(constants.ZSTD_c_enableLongDistanceMatching) === 1;
  const windowLog =
    of(constants.ZSTD_c_windowLog) || (findsLong ? Math.max(window, ZSTD_WINDOW_LOG) : window);
  const hashLog = of(constants.ZSTD_c_hashLog) || hash;
  const chainLog = of(constants.ZSTD_c_chainLog) || chain;
  const tables = 6 * 2 ** hashLog + 4 * 2 ** chainLog + MEBIBYTE;
  // Large windows have it by themselves.
  const long = findsLong || windowLog >= ZSTD_WINDOW_LOG;
  const longLog = long ? of(constants.ZSTD_c_ldmHashLog) || windowLog - 4 : 0;
  return memory(tables + 9 * 2 ** longLog, 2 * 2 ** windowLog);
}

export function zstdDecodeMemory(parameters: Parameters): CodecMemory {
  const window = lookUp(parameters)(constants.ZSTD_d_windowLogMax) || ZSTD_WINDOW_LOG;
  return memory(2 ** 18, 2 ** window);
}

/** Logarithms of window, chain table and hash table of each level (zstd's clevels.h). */
const ZSTD_LEVELS = [
  [19, 13, 14],
  [20, 15, 16],
  [21, 16, 17],
  [21, 18, 18],
  [21, 18, 19],
  [21, 18, 19],
  [21, 19, 20],
  [21, 19, 20],
  [22, 20, 21],
  [22, 21, 22],
  [22, 21, 22],
  [22, 22, 23],
  [22, 22, 22],
  [22, 22, 23],
  [22, 23, 23],
  [22, 22, 22],
  [23, 23, 22],
  [23, 23, 22],
  [23, 24, 22],
  [25, 25, 23],
  [26, 26, 24],
  [27, 27, 25],
] as const;

function brotliTables(quality: number, isBest: boolean): number {
  if (isBest) return 2 * MEBIBYTE;
  if (quality < 4) return MEBIBYTE;
  return quality === 4 ? 5 * MEBIBYTE : MEBIBYTE + 2 ** (17 + quality - 1);
}

/** `fixed` is touched from the start, `filling` as bytes move. */
function memory(fixed: number, filling: number): CodecMemory {
  const least = OBJECT_BYTES + fixed;
  return { little: least + Math.min(filling, LITTLE_BYTES), most: least + filling };
}

function lookUp(parameters: Parameters): (key: number) => number | undefined {
  const found = parameterValues(parameters);
  return (key) => found[key];
}

function within(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
