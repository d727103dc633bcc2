/**
 * lib/'s text as isolates get it: one piece of shared memory for all processes, and an index. Nothing of
 * it lies in an isolate's heap until a module is loaded. Modules that are large and that few programs load
 * may lie behind that memory's end, in a file: a host that can read one at any time lends them one by one.
 */

export interface LibraryIndex {
  readonly versions: Readonly<Record<string, string>>;
  readonly config: string;
  /** Offset, bytes, and whether they are UTF-16 (little endian), by module. */
  readonly modules: Readonly<
    Record<string, readonly [offset: number, length: number, wide: boolean]>
  >;
}

export interface PackedLibrary {
  readonly index: LibraryIndex;
  readonly text: SharedArrayBuffer;
}

/** All of it, large modules too. */
export interface WholeLibrary extends PackedLibrary {
  /** Where the first of the large modules begins, or the end of the text. */
  readonly smallTextEnd: number;
}

/** Bytes from which on a module is large. */
const LARGE = 200_000;

/** Large modules come last. */
export function packLibrary(library: {
  readonly versions: Readonly<Record<string, string>>;
  readonly config: string;
  readonly modules: Readonly<Record<string, string>>;
}): WholeLibrary {
  const places: Record<string, readonly [number, number, boolean]> = {};
  const all = Object.entries(library.modules);
  const isLarge = ([, source]: (typeof all)[number]) => source.length >= LARGE;
  let size = 0;
  const place = ([id, source]: (typeof all)[number]) => {
    const wide = !isLatin1(source);
    size += size & 1;
    places[id] = [size, source.length * (wide ? 2 : 1), wide];
    size += source.length * (wide ? 2 : 1);
  };
  all.filter((one) => !isLarge(one)).forEach(place);
  const smallTextEnd = size + (size & 1);
  all.filter(isLarge).forEach(place);
  const text = new SharedArrayBuffer(size + (size & 1));
  for (const [id, source] of all) {
    const [offset, , wide] = places[id] as readonly [number, number, boolean];
    const target = wide
      ? new Uint16Array(text, offset, source.length)
      : new Uint8Array(text, offset, source.length);
    for (let i = 0; i < source.length; i++) target[i] = source.charCodeAt(i);
  }
  const { versions, config } = library;
  // In lib/'s own order, which programs see.
  const modules = Object.fromEntries(
    all.map(([id]) => [id, places[id] as (typeof places)[string]]),
  );
  return { index: { versions, config, modules }, text, smallTextEnd };
}

/** Text of bytes of its own that are one half of a UTF-16 unit each, or units. */
export type Decode = (bytes: Uint8Array, wide: boolean) => string;

// The text is every process's: a program that changed the language's objects may not be handed it, so
// it meets none of their methods and iterators, only constructors and functions that were taken before.
const { apply } = Reflect;
const { fromCharCode } = String;
const { set } = Uint8Array.prototype;
const Bytes = Uint8Array;
const Units = Uint16Array;
const Copy = ArrayBuffer;

/** The text of module `id`. */
export function readModule(
  index: LibraryIndex,
  text: SharedArrayBuffer | ArrayBuffer,
  id: string,
  decode: Decode = decodeSlowly,
): string {
  const place = index.modules[id];
  if (!place) throw new Error(`No such built-in module: ${id}`);
  const [offset, length, wide] = place;
  const copy = new Bytes(new Copy(length));
  apply(set, copy, [new Bytes(text, offset, length)]);
  return decode(copy, wide);
}

/** The text of module `id`, of which `bytes` are all there is. */
export function lentModule(index: LibraryIndex, bytes: ArrayBuffer, id: string): string {
  return decodeSlowly(new Bytes(bytes), index.modules[id]?.[2] === true);
}

/** For engines that have a TextDecoder of their own. */
export function decodeWith(Decoder: {
  new (label: string): { decode(bytes: Uint8Array): string };
}): Decode {
  const narrow = new Decoder("windows-1252");
  const units = new Decoder("utf-16le");
  return (bytes, wide) => (wide ? units : narrow).decode(bytes);
}

const STEP = 8192;

function decodeSlowly(bytes: Uint8Array, isWide: boolean): string {
  // Text that grows is a tree of pieces, which a compiler has to flatten; what is joined is flat.
  const pieces: string[] = [];
  const units = isWide ? new Units(bytes.buffer) : bytes;
  for (let i = 0; i < units.length; i += STEP) {
    // Ten times as fast as to spread them.
    pieces.push(apply(fromCharCode, undefined, units.subarray(i, i + STEP)));
  }
  return pieces.join("");
}

/** Latin-1, without the range in which what the Web calls Latin-1 differs. */
function isLatin1(text: string): boolean {
  return !/[\x80-\x9f\u0100-\uffff]/.test(text);
}
