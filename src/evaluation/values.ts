/** Values on their way into a machine and out of it, in V8's format, which our own reader and writer speak. */
import type { TypeChecks } from "../../runtimes/node/bindings/types.ts";
import { ValueReader } from "../../runtimes/node/serialization/value-reader.ts";
import { ValueWriter } from "../../runtimes/node/serialization/value-writer.ts";

type Brand = ReturnType<TypeChecks["brandOf"]>;

/** Throws a TypeError that says what of it cannot be handed over. */
export function encodeValue(value: unknown): Uint8Array {
  const refuse = (message: string) => new TypeError(message);
  const writer = new ValueWriter({ dataCloneError: refuse }, { isProxy: () => false, brandOf });
  writer.writeHeader();
  writer.writeValue(value);
  return writer.out.release();
}

/** `bytes` may be anything; throws where they are no value. */
export function decodeValue(bytes: Uint8Array): unknown {
  const reader = new ValueReader(bytes, {});
  reader.readHeader();
  return reader.readValue();
}

const BRANDS: readonly string[] = [
  "Date",
  "Map",
  "Set",
  "RegExp",
  "Error",
  "Boolean",
  "Number",
  "String",
  "BigInt",
  "Symbol",
  "Promise",
  "WeakMap",
  "WeakSet",
  "WeakRef",
  "ArrayBuffer",
  "SharedArrayBuffer",
  "DataView",
];

/** The embedder's own values have no reason to pretend. */
function brandOf(value: object): Brand {
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  return BRANDS.includes(tag) ? (tag as Brand) : undefined;
}
