/**
 * lib/'s text as isolates get it: one piece of shared memory for all processes, and an index. Nothing of
 * it lies in an isolate's heap until a module is loaded.
 */

export interface LibraryIndex {
  readonly versions: Readonly<Record<string, string>>;
  readonly config: string;
  /** Offset, bytes, and whether they are UTF-16, by module. */
  readonly modules: Readonly<
    Record<string, readonly [offset: number, length: number, wide: boolean]>
  >;
}

export interface PackedLibrary {
  readonly index: LibraryIndex;
  readonly text: SharedArrayBuffer;
}

export function packLibrary(library: {
  readonly versions: Readonly<Record<string, string>>;
  readonly config: string;
  readonly modules: Readonly<Record<string, string>>;
}): PackedLibrary {
  const modules: Record<string, readonly [number, number, boolean]> = {};
  let size = 0;
  for (const [id, source] of Object.entries(library.modules)) {
    const wide = !isLatin1(source);
    size += size & 1;
    modules[id] = [size, source.length * (wide ? 2 : 1), wide];
    size += source.length * (wide ? 2 : 1);
  }
  const text = new SharedArrayBuffer(size + (size & 1));
  for (const [id, source] of Object.entries(library.modules)) {
    const [offset, , wide] = modules[id] as readonly [number, number, boolean];
    const target = wide
      ? new Uint16Array(text, offset, source.length)
      : new Uint8Array(text, offset, source.length);
    for (let i = 0; i < source.length; i++) target[i] = source.charCodeAt(i);
  }
  const { versions, config } = library;
  return { index: { versions, config, modules }, text };
}

function isLatin1(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return false;
  return true;
}
