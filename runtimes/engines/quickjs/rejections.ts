/**
 * QuickJS tells its host of promises that are rejected with nobody to handle it, once the runtime holds a
 * function for that (JS_SetHostPromiseRejectionTracker), which the package's interface cannot set. So its
 * module is made to export its table, a small second module gives a function of ours the type that it must
 * have, and its number is written into the runtime: right behind the interrupt handler, which the interface
 * can set, and by which the place is found.
 */
import { BinaryReader, BinaryWriter } from "../wasm-binary.ts";
import type { QuickJsModule } from "./module.ts";

const HEADER_BYTES = 8;
const Section = { Table: 4, Export: 7 } as const;
const TABLE_EXPORT = "table";
const TABLE_KIND = 1;

/** The package's module, with its one table exported and free to grow. */
export function openTable(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const reader = new BinaryReader(bytes, HEADER_BYTES);
  const writer = new BinaryWriter(bytes.length + 64);
  writer.bytes(bytes.subarray(0, HEADER_BYTES));
  while (!reader.atEnd) {
    const id = reader.byte();
    const content = reader.take(reader.unsigned());
    const rewritten =
      id === Section.Table
        ? unbounded(content)
        : id === Section.Export
          ? exported(content)
          : content;
    writer.byte(id);
    writer.unsigned(rewritten.length);
    writer.bytes(rewritten);
  }
  return writer.result();
}

function unbounded(content: Uint8Array): Uint8Array {
  const reader = new BinaryReader(content);
  const writer = new BinaryWriter(content.length);
  if (reader.unsigned() !== 1) throw new Error("QuickJS has more than one table");
  writer.unsigned(1);
  writer.byte(reader.byte());
  reader.byte();
  writer.byte(0);
  writer.unsigned(reader.unsigned());
  return writer.result();
}

function exported(content: Uint8Array): Uint8Array {
  const reader = new BinaryReader(content);
  const writer = new BinaryWriter(content.length + 16);
  writer.unsigned(reader.unsigned() + 1);
  writer.bytes(reader.rest());
  writer.unsigned(TABLE_EXPORT.length);
  writer.bytes([...TABLE_EXPORT].map((character) => character.charCodeAt(0)));
  writer.bytes([TABLE_KIND, 0]);
  return writer.result();
}

/**
 * (module
 *   (func (export "f") (import "" "f") (param i32 i64 i64 i32 i32)))
 */
export const HOOK_BYTES = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x09, 0x01, 0x60, 0x05, 0x7f, 0x7e, 0x7e, 0x7f, 0x7f, 0x00],
  ...[0x02, 0x06, 0x01, 0x00, 0x01, 0x66, 0x00, 0x00],
  ...[0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00],
);

/** Called in the middle of the guest's code; values are those of QuickJS, not addresses. */
export type OnRejection = (
  context: number,
  promise: bigint,
  reason: bigint,
  isHandled: number,
) => void;

/** Puts `callback` into the instance's table, at the same place in each instance; where. */
export function lendHook(
  js: QuickJsModule,
  hook: WebAssembly.Module,
  callback: OnRejection,
): number {
  const { exports } = new WebAssembly.Instance(hook, { "": { f: callback as never } });
  return js.table.grow(1, exports["f"]);
}

/** Lets `runtime` call what is at `place`, and its interrupt handler too. */
export function installHook(js: QuickJsModule, runtime: number, place: number): void {
  const words = () => new Uint32Array(js.HEAPU8.slice(runtime, runtime + RUNTIME_BYTES).buffer);
  const before = words();
  js._QTS_RuntimeEnableInterruptHandler(runtime);
  const after = words();
  const handler = after.findIndex((word, i) => word !== before[i]);
  // The handler and its argument, ours and its argument, and then a list of jobs, empty: it leads to itself.
  const own = handler + 2;
  const list = own + 2;
  const isThere =
    handler >= 0 &&
    after[own] === 0 &&
    after[own + 1] === 0 &&
    after[list] === runtime + list * 4 &&
    after[list + 1] === after[list];
  if (!isThere) throw new Error("this QuickJS keeps its rejection tracker elsewhere");
  new DataView(js.HEAPU8.buffer).setUint32(runtime + own * 4, place, true);
}

const RUNTIME_BYTES = 1024;
