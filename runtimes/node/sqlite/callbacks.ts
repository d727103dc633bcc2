/**
 * Functions of JavaScript that C calls through pointers. A table of functions takes none but a module's
 * own, so a module that imports and exports each is written here.
 */

/** Pointers and numbers; what each answers. */
export interface Callbacks {
  /** (context, count, values) */
  call(context: number, count: number, values: number): void;
  step(context: number, count: number, values: number): void;
  inverse(context: number, count: number, values: number): void;
  value(context: number): void;
  final(context: number): void;
  /** (what sqlite3_user_data answers) */
  destroy(id: number): void;
  conflict(context: number, kind: number, iterator: number): number;
  filter(context: number, table: number): number;
  /** (VFS, microseconds) */
  sleep(vfs: number, microseconds: number): number;
}

/** Parameters, all of 32 bits, and whether there is a result. */
const SHAPES: Readonly<Record<keyof Callbacks, readonly [parameters: number, answers: boolean]>> = {
  call: [3, false],
  step: [3, false],
  inverse: [3, false],
  value: [1, false],
  final: [1, false],
  destroy: [1, false],
  conflict: [3, true],
  filter: [2, true],
  sleep: [2, true],
};

interface Wasm {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (
    module: object,
    imports: object,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
}

interface Table {
  grow(count: number): number;
  set(index: number, value: unknown): void;
}

const NAMES = Object.keys(SHAPES) as (keyof Callbacks)[];

/** Where each is in `table`. */
export function wrapCallbacks(
  wasm: Wasm,
  table: Table,
  callbacks: Callbacks,
): Record<keyof Callbacks, number> {
  const imports = Object.fromEntries(NAMES.map((name, i) => [String(i), callbacks[name]]));
  const { exports } = new wasm.Instance(new wasm.Module(moduleBytes()), { c: imports });
  const first = table.grow(NAMES.length);
  const places = NAMES.map((name, i) => {
    table.set(first + i, exports[String(i)]);
    return [name, first + i] as const;
  });
  return Object.fromEntries(places) as Record<keyof Callbacks, number>;
}

const I32 = 0x7f;
const FUNCTION_TYPE = 0x60;
const FUNCTION = 0;
const TYPES = 1;
const IMPORTS = 2;
const EXPORTS = 7;

/** https://webassembly.github.io/spec/core/binary/modules.html; every length is below 128. */
function moduleBytes(): Uint8Array {
  const types = Object.values(SHAPES).map(([parameters, answers]) => [
    ...[FUNCTION_TYPE, parameters, ...Array<number>(parameters).fill(I32)],
    ...(answers ? [1, I32] : [0]),
  ]);
  const name = (i: number) => [1, String(i).charCodeAt(0)];
  const imports = NAMES.map((_, i) => [1, "c".charCodeAt(0), ...name(i), FUNCTION, i]);
  const exports = NAMES.map((_, i) => [...name(i), FUNCTION, i]);
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(TYPES, types),
    ...section(IMPORTS, imports),
    ...section(EXPORTS, exports),
  ]);
}

function section(id: number, entries: readonly (readonly number[])[]): number[] {
  const content = [entries.length, ...entries.flat()];
  return [id, content.length, ...content];
}
