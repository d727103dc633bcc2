/**
 * Writes small WebAssembly modules, so that a test can run a guest that does one exact thing: trap,
 * loop, grow, or make one import's call many times. No compiler, no binary file in the repository.
 * https://webassembly.github.io/spec/core/binary/
 */

/** Value types by their byte. */
export const I32 = 0x7f;
export const I64 = 0x7e;

export interface Import {
  readonly module: string;
  readonly name: string;
  readonly parameters: readonly number[];
  readonly results: readonly number[];
}

export interface Program {
  readonly imports?: readonly Import[];
  /** Pages of memory at the start; there is no maximum. */
  readonly pages?: number;
  /** Bytes of memory from address 0. */
  readonly data?: string;
  /** Types of the locals of `_start`. */
  readonly locals?: readonly number[];
  /** Instructions of `_start`; the closing `end` is added. */
  readonly body: readonly number[];
}

/** A WASI command: exports `memory` and `_start`. */
export function wasmModule(program: Program): Uint8Array {
  const imports = program.imports ?? [];
  const types = [...imports, { parameters: [], results: [] }];
  const start = imports.length;
  const locals = program.locals ?? [];
  const code = [...vector(locals.map((type) => [1, type])), ...program.body, 0x0b];
  const sections = [
    section(1, vector(types.map(({ parameters, results }) => functionType(parameters, results)))),
    section(2, vector(imports.map((entry, type) => importEntry(entry, type)))),
    section(3, vector([unsigned(imports.length)])),
    section(5, vector([[0, ...unsigned(program.pages ?? 1)]])),
    section(7, vector([exportEntry("memory", 2, 0), exportEntry("_start", 0, start)])),
    section(10, vector([[...unsigned(code.length), ...code]])),
    section(11, vector(program.data ? [[0, 0x41, 0, 0x0b, ...text(program.data)]] : [])),
  ];
  return Uint8Array.from([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()]);
}

/** Instructions, by their names in the text format. */
export const op = {
  unreachable: [0x00],
  block: [0x02, 0x40],
  loop: [0x03, 0x40],
  end: [0x0b],
  drop: [0x1a],
  i32Add: [0x6a],
  i32LtU: [0x49],
  i32Eq: [0x46],
  i32Eqz: [0x45],
  ifThen: [0x04, 0x40],
  memoryGrow: [0x40, 0x00],
  memorySize: [0x3f, 0x00],
  i32Store8: [0x3a, 0, 0],
  i32Shl: [0x74],
  br: (depth: number) => [0x0c, ...unsigned(depth)],
  brIf: (depth: number) => [0x0d, ...unsigned(depth)],
  call: (index: number) => [0x10, ...unsigned(index)],
  localGet: (index: number) => [0x20, ...unsigned(index)],
  localSet: (index: number) => [0x21, ...unsigned(index)],
  localTee: (index: number) => [0x22, ...unsigned(index)],
  i32: (value: number) => [0x41, ...signed(value)],
} as const;

/** Calls import 0 `count` times; `call` puts its arguments on the stack and takes its results off. */
export function repeat(count: number, call: readonly number[]): number[] {
  return [
    ...op.loop,
    ...call,
    ...op.localGet(0),
    ...op.i32(1),
    ...op.i32Add,
    ...op.localTee(0),
    ...op.i32(count),
    ...op.i32LtU,
    ...op.brIf(0),
    ...op.end,
  ];
}

function section(id: number, content: readonly number[]): number[] {
  return content.length === 1 ? [] : [id, ...unsigned(content.length), ...content];
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function functionType(parameters: readonly number[], results: readonly number[]): number[] {
  return [0x60, parameters.length, ...parameters, results.length, ...results];
}

function importEntry({ module, name }: Import, type: number): number[] {
  return [...text(module), ...text(name), 0, ...unsigned(type)];
}

function exportEntry(name: string, kind: number, index: number): number[] {
  return [...text(name), kind, ...unsigned(index)];
}

function text(value: string): number[] {
  const bytes = new TextEncoder().encode(value);
  return [...unsigned(bytes.length), ...bytes];
}

function unsigned(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  do {
    out.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return out;
}

function signed(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  while (rest < -64 || rest > 63) {
    out.push((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  return [...out, rest & 0x7f];
}
