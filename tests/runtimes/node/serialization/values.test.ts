/** The bytes are those of V8's own serializer, which the host's `node:v8` has. */
import { types as hostTypes } from "node:util";
import { DefaultSerializer, deserialize as hostRead, serialize as hostWrite } from "node:v8";
import { describe, expect, test } from "vitest";
import { type TypeChecks, typesOf } from "../../../../runtimes/node/bindings/types.ts";
import type { Environment } from "../../../../runtimes/node/environment.ts";
import { ValueReader } from "../../../../runtimes/node/serialization/value-reader.ts";
import { ValueWriter } from "../../../../runtimes/node/serialization/value-writer.ts";

/** Brands by the host's own checks, where an engine's natives would stand. */
const types: TypeChecks = typesOf({
  onStart: (callback: () => void) => callback(),
  engine: {
    proxyDetails: (value: object) => (hostTypes.isProxy(value) ? [null, null] : undefined),
    isPromise: hostTypes.isPromise,
    isGenerator: hostTypes.isGeneratorObject,
    iteratorKind: (value: object) =>
      hostTypes.isMapIterator(value) ? "map" : hostTypes.isSetIterator(value) ? "set" : undefined,
  },
} as unknown as Environment);

function write(value: unknown): Buffer {
  const writer = new ValueWriter({ dataCloneError: (message) => new Error(message) }, types);
  writer.writeHeader();
  writer.writeValue(value);
  return Buffer.from(writer.out.release());
}

function read(bytes: Uint8Array): unknown {
  const reader = new ValueReader(bytes, {});
  reader.readHeader();
  return reader.readValue();
}

function hostBytes(value: unknown): Buffer {
  const serializer = new DefaultSerializer();
  // Views as V8 writes them, not as Node does.
  (
    serializer as unknown as { _setTreatArrayBufferViewsAsHostObjects(value: boolean): void }
  )._setTreatArrayBufferViewsAsHostObjects(false);
  serializer.writeHeader();
  serializer.writeValue(value);
  return serializer.releaseBuffer();
}

const cyclic: Record<string, unknown> = { name: "cyclic" };
cyclic["self"] = cyclic;
const holes: unknown[] = [1];
holes[2] = 3;
const shared = new ArrayBuffer(8);
const failure = new TypeError("what failed", { cause: { depth: 2 } });
failure.stack = "TypeError: what failed\n    at somewhere";

const VALUES: readonly (readonly [name: string, value: unknown])[] = [
  ["nothing", undefined],
  ["null", null],
  ["booleans", [true, false, Object(true), Object(false)]],
  ["small numbers", [0, 1, -1, 2 ** 30, -(2 ** 31), 2 ** 31 - 1]],
  ["other numbers", [-0, 0.5, 2 ** 31, Number.NaN, Infinity, Object(4)]],
  ["big numbers", [0n, 1n, -5n, 10n ** 30n, -(2n ** 64n), Object(7n)]],
  ["strings", ["", "latin é", "wide \u1234", "\ud83d\ude00", "odd\u1234", Object("boxed")]],
  ["objects", { a: 1, 2: "two", nested: { list: [1, { b: null }] } }],
  ["an array with holes", holes],
  ["an array with names", Object.assign([1, 2], { extra: "x" })],
  ["references", [cyclic, cyclic]],
  ["dates and patterns", [new Date(86_400_000), /a[b]/giu, /x/dsy]],
  ["maps and sets", [new Map<unknown, unknown>([[{ k: 1 }, new Set([1, "2"])]]), new Map()]],
  ["buffers", [new ArrayBuffer(3), new ArrayBuffer(2, { maxByteLength: 8 })]],
  ["views", [new Uint16Array([1, 2]), new DataView(new ArrayBuffer(4), 1, 2), new Float64Array(1)]],
  ["views of one buffer", [new Uint8Array(shared), new Uint32Array(shared, 4), shared]],
  ["an error", failure],
];

describe("V8's serialization format", () => {
  test.each(VALUES)("writes %s as V8 does", (_, value) => {
    expect(write(value).toString("hex")).toBe(hostBytes(value).toString("hex"));
  });

  test.each(VALUES)("reads %s as V8 does", (_, value) => {
    const bytes = hostBytes(value);
    expect(read(bytes)).toEqual(hostRead(bytes));
  });

  test("reads two views of one buffer as such", () => {
    const buffer = new ArrayBuffer(8);
    const [a, b] = read(write([new Uint8Array(buffer), new Uint32Array(buffer, 4)])) as [
      Uint8Array,
      Uint32Array,
    ];
    expect(a.buffer).toBe(b.buffer);
    expect(b.byteOffset).toBe(4);
  });

  test.each([
    ["a function", () => 1, "() => 1 could not be cloned."],
    ["a symbol", Symbol("x"), "Symbol(x) could not be cloned."],
    ["a promise", Promise.resolve(), "#<Promise> could not be cloned."],
    ["a proxy", new Proxy({}, {}), "#<Object> could not be cloned."],
    ["a weak map", new WeakMap(), "#<WeakMap> could not be cloned."],
  ])("refuses %s", (_, value, message) => {
    expect(() => write({ value })).toThrow(message);
    expect(() => hostWrite({ value })).toThrow();
  });

  test.each([
    ["nothing", ""],
    ["a version to come", "ff7f49"],
    ["an unknown tag", "ff0f99"],
    ["a string that ends early", "ff0f220541"],
    ["a reference to nothing", "ff0f5e07"],
    ["an array longer than the bytes", "ff0f41ffffff7f"],
    ["a count that is wrong", "ff0f6f7b05"],
  ])("refuses %s", (_, hex) => {
    expect(() => read(Buffer.from(hex, "hex"))).toThrow("Unable to deserialize cloned data");
  });
});
