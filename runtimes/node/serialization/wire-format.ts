/** V8's serialization format, version 15: tags, as v8.serialize() and structured clones have them. */

const code = (character: string): number => character.charCodeAt(0);

export const FORMAT_VERSION = 15;
/** The oldest that can still be read: from here on strings and lengths look as they do now. */
export const OLDEST_VERSION = 12;

export const Tag = {
  version: 0xff,
  padding: 0,
  objectCount: code("?"),
  hole: code("-"),
  undefined: code("_"),
  null: code("0"),
  true: code("T"),
  false: code("F"),
  int32: code("I"),
  uint32: code("U"),
  double: code("N"),
  bigint: code("Z"),
  utf8String: code("S"),
  latin1String: code('"'),
  utf16String: code("c"),
  reference: code("^"),
  beginObject: code("o"),
  endObject: code("{"),
  beginSparseArray: code("a"),
  endSparseArray: code("@"),
  beginDenseArray: code("A"),
  endDenseArray: code("$"),
  date: code("D"),
  trueObject: code("y"),
  falseObject: code("x"),
  numberObject: code("n"),
  bigintObject: code("z"),
  stringObject: code("s"),
  regexp: code("R"),
  beginMap: code(";"),
  endMap: code(":"),
  beginSet: code("'"),
  endSet: code(","),
  arrayBuffer: code("B"),
  resizableArrayBuffer: code("~"),
  transferredArrayBuffer: code("t"),
  arrayBufferView: code("V"),
  sharedArrayBuffer: code("u"),
  wasmModule: code("w"),
  hostObject: code("\\"),
  error: code("r"),
} as const;

/** Subtags of views by the names of their classes. */
export const VIEWS: Readonly<Record<string, number>> = {
  Int8Array: code("b"),
  Uint8Array: code("B"),
  Uint8ClampedArray: code("C"),
  Int16Array: code("w"),
  Uint16Array: code("W"),
  Int32Array: code("d"),
  Uint32Array: code("D"),
  Float16Array: code("h"),
  Float32Array: code("f"),
  Float64Array: code("F"),
  BigInt64Array: code("q"),
  BigUint64Array: code("Q"),
  DataView: code("?"),
};

export const ViewFlag = { lengthTracking: 1, resizable: 2 } as const;

export const ErrorTag = {
  message: code("m"),
  stack: code("s"),
  cause: code("c"),
  end: code("."),
} as const;

/** Prototypes of errors; a plain one has no tag. */
export const ERRORS: Readonly<Record<string, number>> = {
  EvalError: code("E"),
  RangeError: code("R"),
  ReferenceError: code("F"),
  SyntaxError: code("S"),
  TypeError: code("T"),
  URIError: code("U"),
};

/** Flags of regular expressions, each with its bit. */
export const REGEXP_FLAGS: readonly (readonly [flag: string, bit: number])[] = [
  ["g", 1],
  ["i", 2],
  ["m", 4],
  ["y", 8],
  ["u", 16],
  ["s", 32],
  ["d", 128],
  ["v", 256],
];
