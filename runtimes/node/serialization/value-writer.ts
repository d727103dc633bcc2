/**
 * Writes values as V8's ValueSerializer does (src/objects/value-serializer.cc): the order in which getters
 * run, what is refused, and every byte. What only the embedder knows is asked of a delegate.
 */
import type { TypeChecks } from "../bindings/types.ts";
import { ByteWriter } from "./byte-writer.ts";
import {
  ERRORS,
  ErrorTag,
  FORMAT_VERSION,
  REGEXP_FLAGS,
  Tag,
  VIEWS,
  ViewFlag,
} from "./wire-format.ts";

export interface WriterDelegate {
  /** What is thrown for a value that cannot be written. */
  dataCloneError(message: string): unknown;
  /** Whether an ordinary object is one of the embedder's. */
  isHostObject?(object: object): boolean;
  writeHostObject?(object: object): void;
  sharedArrayBufferId?(buffer: SharedArrayBuffer): number;
  wasmModuleId?(module: WebAssembly.Module): number;
}

type Types = Pick<TypeChecks, "brandOf" | "isProxy">;

const MAX_INT32 = 2 ** 31 - 1;
const MIN_INT32 = -(2 ** 31);
const INDEX = /^(?:0|[1-9]\d{0,9})$/;
const MAX_INDEX = 2 ** 32 - 2;
const LATIN1 = /^[\0-\xff]*$/;
const { apply } = Reflect;
const { getOwnPropertyDescriptor, getPrototypeOf, hasOwn, keys } = Object;
const viewName = getOwnPropertyDescriptor(getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)
  ?.get as () => string | undefined;
const lengthOf = (prototype: object, name: string) =>
  getOwnPropertyDescriptor(prototype, name)?.get as (() => unknown) | undefined;
const resizable = lengthOf(ArrayBuffer.prototype, "resizable");

export class ValueWriter {
  /** Views go to the delegate as host objects, as Node's DefaultSerializer has it. */
  viewsAreHostObjects = false;
  readonly out = new ByteWriter();
  readonly #delegate: WriterDelegate;
  readonly #types: Types;
  readonly #ids = new Map<object, number>();
  readonly #transferred = new Map<object, number>();

  constructor(delegate: WriterDelegate, types: Types) {
    this.#delegate = delegate;
    this.#types = types;
  }

  writeHeader(): void {
    this.out.byte(Tag.version);
    this.out.byte(FORMAT_VERSION);
  }

  transferArrayBuffer(id: number, buffer: object): void {
    this.#transferred.set(buffer, id);
  }

  writeValue(value: unknown): void {
    const { out } = this;
    switch (typeof value) {
      case "undefined":
        out.byte(Tag.undefined);
        return;
      case "boolean":
        out.byte(value ? Tag.true : Tag.false);
        return;
      case "number":
        this.#writeNumber(value);
        return;
      case "bigint":
        out.byte(Tag.bigint);
        this.#writeBigint(value);
        return;
      case "string":
        this.#writeString(value);
        return;
      case "object":
        if (value === null) out.byte(Tag.null);
        else this.#writeObject(value);
        return;
      default:
        throw this.#refusal(value);
    }
  }

  #writeNumber(value: number): void {
    const { out } = this;
    const isSmall = Number.isInteger(value) && value >= MIN_INT32 && value <= MAX_INT32;
    if (isSmall && !Object.is(value, -0)) {
      out.byte(Tag.int32);
      out.varint(((value << 1) ^ (value >> 31)) >>> 0);
    } else {
      out.byte(Tag.double);
      out.double(value);
    }
  }

  #writeBigint(value: bigint): void {
    const { out } = this;
    let rest = value < 0n ? -value : value;
    const words: bigint[] = [];
    for (; rest > 0n; rest >>= 64n) words.push(BigInt.asUintN(64, rest));
    out.varint(((words.length * 8) << 1) | (value < 0n ? 1 : 0));
    const bytes = new DataView(new ArrayBuffer(words.length * 8));
    words.forEach((word, i) => {
      bytes.setBigUint64(i * 8, word, true);
    });
    out.bytes(new Uint8Array(bytes.buffer));
  }

  #writeString(text: string): void {
    const { out } = this;
    if (LATIN1.test(text)) {
      out.byte(Tag.latin1String);
      out.varint(text.length);
      out.latin1(text);
      return;
    }
    const size = text.length * 2;
    // The two-byte units shall lie on even places.
    if ((out.length + 1 + varintLength(size)) % 2 !== 0) out.byte(Tag.padding);
    out.byte(Tag.utf16String);
    out.varint(size);
    out.utf16(text);
  }

  #writeObject(object: object): void {
    const { out } = this;
    const isView = ArrayBuffer.isView(object);
    let id = this.#ids.get(object);
    if (id === undefined && isView && !this.viewsAreHostObjects) {
      // Its buffer comes before it, or a reference to that.
      this.#writeObject(object.buffer);
      id = this.#ids.get(object);
    }
    if (id !== undefined) {
      out.byte(Tag.reference);
      out.varint(id);
      return;
    }
    this.#ids.set(object, this.#ids.size);
    if (Array.isArray(object)) {
      if (this.#types.isProxy(object)) throw this.#refusal(object);
      this.#writeArray(object);
      return;
    }
    if (isView) {
      this.#writeView(object);
      return;
    }
    if (this.#delegate.isHostObject?.(object)) {
      this.#writeHostObject(object);
      return;
    }
    switch (this.#types.brandOf(object)) {
      case undefined:
        if (isWasm(object)) {
          if (!(object instanceof WebAssembly.Module && this.#delegate.wasmModuleId)) {
            throw this.#refusal(object);
          }
          out.byte(Tag.wasmModule);
          out.varint(this.#delegate.wasmModuleId(object));
          return;
        }
        this.#writePlainObject(object);
        return;
      case "Arguments":
        this.#writePlainObject(object);
        return;
      case "Date":
        out.byte(Tag.date);
        out.double(Date.prototype.getTime.call(object));
        return;
      case "Boolean":
        out.byte(Boolean.prototype.valueOf.call(object) ? Tag.trueObject : Tag.falseObject);
        return;
      case "Number":
        out.byte(Tag.numberObject);
        out.double(Number.prototype.valueOf.call(object));
        return;
      case "BigInt":
        out.byte(Tag.bigintObject);
        this.#writeBigint(BigInt.prototype.valueOf.call(object));
        return;
      case "String":
        out.byte(Tag.stringObject);
        this.#writeString(String.prototype.valueOf.call(object));
        return;
      case "RegExp":
        this.#writeRegexp(object as RegExp);
        return;
      case "Map":
        this.#writeMap(object as Map<unknown, unknown>);
        return;
      case "Set":
        this.#writeSet(object as Set<unknown>);
        return;
      case "ArrayBuffer":
        this.#writeBuffer(object as ArrayBuffer);
        return;
      case "SharedArrayBuffer":
        this.#writeShared(object as SharedArrayBuffer);
        return;
      case "Error":
        this.#writeError(object as Error);
        return;
      default:
        throw this.#refusal(object);
    }
  }

  #writeHostObject(object: object): void {
    this.out.byte(Tag.hostObject);
    if (!this.#delegate.writeHostObject) throw this.#refusal(object);
    this.#delegate.writeHostObject(object);
  }

  #writePlainObject(object: object): void {
    const { out } = this;
    out.byte(Tag.beginObject);
    const count = this.#writeProperties(object, keys(object));
    out.byte(Tag.endObject);
    out.varint(count);
  }

  /** How many were still there when their turn came. */
  #writeProperties(object: object, names: readonly string[]): number {
    let count = 0;
    for (const name of names) {
      const { enumerable } = getOwnPropertyDescriptor(object, name) ?? {};
      if (!enumerable) continue;
      const value = (object as Record<string, unknown>)[name];
      this.#writeKey(name);
      this.writeValue(value);
      count++;
    }
    return count;
  }

  #writeKey(name: string): void {
    if (isIndex(name)) this.#writeNumber(Number(name));
    else this.#writeString(name);
  }

  #writeArray(array: readonly unknown[]): void {
    const { out } = this;
    const { length } = array;
    const names = keys(array);
    let isDense = names.length >= length;
    for (let i = 0; isDense && i < length; i++) isDense = hasOwn(array, i);
    if (!isDense) {
      out.byte(Tag.beginSparseArray);
      out.varint(length);
      const count = this.#writeProperties(array, names);
      out.byte(Tag.endSparseArray);
      out.varint(count);
      out.varint(length);
      return;
    }
    out.byte(Tag.beginDenseArray);
    out.varint(length);
    for (let i = 0; i < length; i++) {
      // A getter may have taken it away.
      if (i in array) this.writeValue(array[i]);
      else out.byte(Tag.hole);
    }
    const count = this.#writeProperties(
      array,
      names.filter((name) => !isIndex(name)),
    );
    out.byte(Tag.endDenseArray);
    out.varint(count);
    out.varint(length);
  }

  #writeRegexp(object: RegExp): void {
    const { out } = this;
    const flags = apply(regexpFlags, object, []) as string;
    out.byte(Tag.regexp);
    this.#writeString(apply(regexpSource, object, []) as string);
    out.varint(
      REGEXP_FLAGS.reduce((sum, [flag, bit]) => sum + (flags.includes(flag) ? bit : 0), 0),
    );
  }

  #writeMap(map: Map<unknown, unknown>): void {
    const { out } = this;
    out.byte(Tag.beginMap);
    const entries = [...Map.prototype.entries.call(map)].flat();
    for (const entry of entries) this.writeValue(entry);
    out.byte(Tag.endMap);
    out.varint(entries.length);
  }

  #writeSet(set: Set<unknown>): void {
    const { out } = this;
    out.byte(Tag.beginSet);
    const entries = [...Set.prototype.values.call(set)];
    for (const entry of entries) this.writeValue(entry);
    out.byte(Tag.endSet);
    out.varint(entries.length);
  }

  #writeBuffer(buffer: ArrayBuffer): void {
    const { out } = this;
    const id = this.#transferred.get(buffer);
    if (id !== undefined) {
      out.byte(Tag.transferredArrayBuffer);
      out.varint(id);
      return;
    }
    if ((buffer as { detached?: boolean }).detached) {
      throw this.#delegate.dataCloneError("An ArrayBuffer is detached and could not be cloned.");
    }
    const isResizable = resizable !== undefined && apply(resizable, buffer, []) === true;
    out.byte(isResizable ? Tag.resizableArrayBuffer : Tag.arrayBuffer);
    out.varint(buffer.byteLength);
    if (isResizable) out.varint((buffer as { maxByteLength: number } & ArrayBuffer).maxByteLength);
    out.bytes(new Uint8Array(buffer));
  }

  #writeShared(buffer: SharedArrayBuffer): void {
    const { sharedArrayBufferId } = this.#delegate;
    if (!sharedArrayBufferId) throw this.#refusal(buffer);
    const id = sharedArrayBufferId.call(this.#delegate, buffer);
    this.out.byte(Tag.sharedArrayBuffer);
    this.out.varint(id);
  }

  #writeView(view: ArrayBufferView): void {
    const { out } = this;
    if (this.viewsAreHostObjects) {
      this.#writeHostObject(view);
      return;
    }
    out.byte(Tag.arrayBufferView);
    out.byte(VIEWS[apply(viewName, view, []) ?? "DataView"] as number);
    out.varint(view.byteOffset);
    out.varint(view.byteLength);
    const { buffer } = view as { buffer: ArrayBuffer & { resizable?: boolean } };
    const isResizable = buffer.resizable === true;
    const tracks = isResizable && view.byteOffset + view.byteLength === buffer.byteLength;
    out.varint((tracks ? ViewFlag.lengthTracking : 0) | (isResizable ? ViewFlag.resizable : 0));
  }

  #writeError(error: Error): void {
    const { out } = this;
    const message = getOwnPropertyDescriptor(error, "message");
    const cause = getOwnPropertyDescriptor(error, "cause");
    out.byte(Tag.error);
    const prototype = ERRORS[String(error.name)];
    if (prototype !== undefined) out.varint(prototype);
    if (message && "value" in message) {
      out.varint(ErrorTag.message);
      this.#writeString(String(message.value));
    }
    const { stack } = error;
    if (typeof stack === "string") {
      out.varint(ErrorTag.stack);
      this.#writeString(stack);
    }
    if (cause && "value" in cause) {
      out.varint(ErrorTag.cause);
      this.writeValue(cause.value);
    }
    out.varint(ErrorTag.end);
  }

  #refusal(value: unknown): unknown {
    return this.#delegate.dataCloneError(`${describe(value)} could not be cloned.`);
  }
}

const regexpFlags = getOwnPropertyDescriptor(RegExp.prototype, "flags")?.get as () => string;
const regexpSource = getOwnPropertyDescriptor(RegExp.prototype, "source")?.get as () => string;

/** V8's words for a value in a message. */
function describe(value: unknown): string {
  if (typeof value === "function") return Function.prototype.toString.call(value);
  if (typeof value === "symbol") return String(value);
  let name: unknown;
  try {
    name = (value as { constructor?: { name?: unknown } }).constructor?.name;
  } catch {
    // A proxy may refuse to say.
  }
  return `#<${typeof name === "string" && name !== "" ? name : "Object"}>`;
}

/** Objects of WebAssembly have no brand check; what is none of them has not their prototypes. */
function isWasm(object: object): boolean {
  if (typeof WebAssembly === "undefined") return false;
  const {
    Module,
    Instance,
    Memory,
    Table,
    Global,
    Tag: WasmTag,
  } = WebAssembly as typeof WebAssembly & {
    Tag?: new () => object;
  };
  return [Module, Instance, Memory, Table, Global, WasmTag].some(
    (made) => made !== undefined && object instanceof made,
  );
}

function isIndex(name: string): boolean {
  return INDEX.test(name) && Number(name) <= MAX_INDEX;
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++;
  return length;
}
