/** Reads what ValueWriter, or V8's own ValueSerializer, wrote. */
import {
  ERRORS,
  ErrorTag,
  FORMAT_VERSION,
  OLDEST_VERSION,
  REGEXP_FLAGS,
  Tag,
  VIEWS,
  ViewFlag,
} from "./wire-format.ts";

export interface ReaderDelegate {
  readHostObject?(): object;
  sharedArrayBuffer?(id: number): object;
  wasmModule?(id: number): object;
}

const FAILED = "Unable to deserialize cloned data.";
const BAD_VERSION = "Unable to deserialize cloned data due to invalid or unsupported version.";
const STEP = 8192;
/** Bytes of address space that growable buffers of one value may reserve; each takes some at least. */
const RESERVED_MAX = 2 ** 32;
const RESERVED_EACH = 2 ** 20;

export class ValueReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #delegate: ReaderDelegate;
  readonly #objects: object[] = [];
  readonly #transferred = new Map<number, object>();
  #at = 0;
  #version = 0;
  #reserved = 0;

  constructor(bytes: Uint8Array, delegate: ReaderDelegate) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#delegate = delegate;
  }

  get version(): number {
    return this.#version;
  }

  readHeader(): true {
    if (this.#bytes[this.#at] === Tag.version) {
      this.#at++;
      this.#version = this.#varint();
    }
    if (this.#version < OLDEST_VERSION || this.#version > FORMAT_VERSION) {
      throw new Error(BAD_VERSION);
    }
    return true;
  }

  transferBuffer(id: number, buffer: object): void {
    this.#transferred.set(id, buffer);
  }

  readValue(): unknown {
    return this.#read();
  }

  /** Undefined where the bytes end before it. */
  tryVarint(): number | undefined {
    return this.#attempt(() => this.#varint());
  }

  tryBigVarint(): bigint | undefined {
    return this.#attempt(() => {
      let value = 0n;
      for (let shift = 0n; ; shift += 7n) {
        const byte = this.#byte();
        if (shift < 64n) value |= BigInt(byte & 0x7f) << shift;
        if (byte < 0x80) return BigInt.asUintN(64, value);
      }
    });
  }

  tryDouble(): number | undefined {
    return this.#attempt(() => this.#double());
  }

  /** Where `length` bytes begin, which are skipped. */
  tryBytes(length: number): number | undefined {
    return this.#attempt(() => this.#skip(length));
  }

  #attempt<T>(read: () => T): T | undefined {
    const at = this.#at;
    try {
      return read();
    } catch {
      this.#at = at;
      return undefined;
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new Error(FAILED);
    return byte;
  }

  #tag(): number {
    let tag = this.#byte();
    while (tag === Tag.padding) tag = this.#byte();
    return tag;
  }

  #peekTag(): number {
    const at = this.#at;
    const tag = this.#tag();
    this.#at = at;
    return tag;
  }

  #varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.#byte();
      if (scale < 2 ** 35) value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value % 2 ** 32;
    }
  }

  #double(): number {
    return this.#view.getFloat64(this.#skip(8), true);
  }

  #skip(length: number): number {
    const at = this.#at;
    if (length < 0 || at + length > this.#bytes.length) throw new Error(FAILED);
    this.#at += length;
    return at;
  }

  #read(): unknown {
    const tag = this.#tag();
    switch (tag) {
      case Tag.objectCount:
        this.#varint();
        return this.#read();
      case Tag.undefined:
      case Tag.hole:
        return undefined;
      case Tag.null:
        return null;
      case Tag.true:
        return true;
      case Tag.false:
        return false;
      case Tag.int32: {
        const value = this.#varint();
        return (value >>> 1) ^ -(value & 1);
      }
      case Tag.uint32:
        return this.#varint();
      case Tag.double:
        return this.#double();
      case Tag.bigint:
        return this.#bigint();
      case Tag.utf8String:
      case Tag.latin1String:
      case Tag.utf16String:
        return this.#string(tag);
      case Tag.reference: {
        const object = this.#objects[this.#varint()];
        if (object === undefined) throw new Error(FAILED);
        // What follows may be a view of a buffer that was written before.
        return this.#withView(object);
      }
      default:
        return this.#object(tag);
    }
  }

  #object(tag: number): unknown {
    switch (tag) {
      case Tag.beginObject: {
        const object = this.#add({});
        const count = this.#properties(object, Tag.endObject);
        if (count !== this.#varint()) throw new Error(FAILED);
        return object;
      }
      case Tag.beginSparseArray:
        return this.#sparseArray();
      case Tag.beginDenseArray:
        return this.#denseArray();
      case Tag.date:
        return this.#add(new Date(this.#double()));
      case Tag.trueObject:
        return this.#add(Object(true));
      case Tag.falseObject:
        return this.#add(Object(false));
      case Tag.numberObject:
        return this.#add(Object(this.#double()));
      case Tag.bigintObject:
        return this.#add(Object(this.#bigint()));
      case Tag.stringObject:
        return this.#add(Object(this.#string(this.#tag())));
      case Tag.regexp:
        return this.#regexp();
      case Tag.beginMap:
        return this.#map();
      case Tag.beginSet:
        return this.#set();
      case Tag.arrayBuffer:
      case Tag.resizableArrayBuffer:
        return this.#withView(this.#add(this.#buffer(tag === Tag.resizableArrayBuffer)));
      case Tag.transferredArrayBuffer:
        return this.#withView(this.#add(this.#found(this.#transferred.get(this.#varint()))));
      case Tag.sharedArrayBuffer: {
        const id = this.#varint();
        const buffer = this.#delegate.sharedArrayBuffer?.(id) ?? this.#transferred.get(id);
        return this.#withView(this.#add(this.#found(buffer)));
      }
      case Tag.wasmModule:
        return this.#add(this.#found(this.#delegate.wasmModule?.(this.#varint())));
      case Tag.error:
        return this.#error();
      case Tag.hostObject: {
        const place = this.#objects.push({}) - 1;
        const object = this.#found(this.#delegate.readHostObject?.());
        this.#objects[place] = object;
        return object;
      }
      default:
        throw new Error(FAILED);
    }
  }

  #add<T extends object>(object: T): T {
    this.#objects.push(object);
    return object;
  }

  #found<T>(object: T | undefined): T {
    if (object === undefined) throw new Error(FAILED);
    return object;
  }

  #bigint(): bigint {
    const field = this.#varint();
    const size = field >>> 1;
    const at = this.#skip(size);
    let digits = "";
    for (let i = size - 1; i >= 0; i--)
      digits += (this.#bytes[at + i] as number).toString(16).padStart(2, "0");
    // In one step, since adding byte by byte takes a time that grows with the square.
    const value = digits === "" ? 0n : BigInt(`0x${digits}`);
    return field & 1 ? -value : value;
  }

  #string(tag: number): string {
    const size = this.#varint();
    const at = this.#skip(size);
    if (tag === Tag.utf8String) return decodeUtf8(this.#bytes.subarray(at, at + size));
    if (tag !== Tag.latin1String && tag !== Tag.utf16String) throw new Error(FAILED);
    const wide = tag === Tag.utf16String;
    if (wide && size % 2 !== 0) throw new Error(FAILED);
    const units = wide ? size / 2 : size;
    let text = "";
    for (let i = 0; i < units; i += STEP) {
      const some = Math.min(STEP, units - i);
      const codes = Array.from({ length: some }, (_, j) =>
        wide ? this.#view.getUint16(at + (i + j) * 2, true) : (this.#bytes[at + i + j] as number),
      );
      text += String.fromCharCode(...codes);
    }
    return text;
  }

  #properties(object: object, end: number): number {
    for (let count = 0; ; count++) {
      if (this.#peekTag() === end) {
        this.#tag();
        return count;
      }
      const key = this.#read();
      if (typeof key !== "string" && typeof key !== "number") throw new Error(FAILED);
      const value = this.#read();
      Object.defineProperty(object, key, {
        value,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    }
  }

  #sparseArray(): unknown[] {
    const length = this.#varint();
    const array = this.#add([] as unknown[]);
    array.length = length;
    const count = this.#properties(array, Tag.endSparseArray);
    if (count !== this.#varint() || length !== this.#varint()) throw new Error(FAILED);
    return array;
  }

  #denseArray(): unknown[] {
    const length = this.#varint();
    if (length > this.#bytes.length - this.#at) throw new Error(FAILED);
    const array = this.#add([] as unknown[]);
    for (let i = 0; i < length; i++) {
      if (this.#peekTag() === Tag.hole) {
        this.#tag();
        array.length = i + 1;
      } else array[i] = this.#read();
    }
    const count = this.#properties(array, Tag.endDenseArray);
    if (count !== this.#varint() || length !== this.#varint()) throw new Error(FAILED);
    return array;
  }

  #regexp(): RegExp {
    const source = this.#string(this.#tag());
    const bits = this.#varint();
    const flags = REGEXP_FLAGS.filter(([, bit]) => bits & bit).map(([flag]) => flag);
    try {
      return this.#add(new RegExp(source, flags.join("")));
    } catch {
      throw new Error(FAILED);
    }
  }

  #map(): Map<unknown, unknown> {
    const map = this.#add(new Map<unknown, unknown>());
    let length = 0;
    for (; this.#peekTag() !== Tag.endMap; length += 2) {
      const key = this.#read();
      map.set(key, this.#read());
    }
    this.#tag();
    if (length !== this.#varint()) throw new Error(FAILED);
    return map;
  }

  #set(): Set<unknown> {
    const set = this.#add(new Set<unknown>());
    let length = 0;
    for (; this.#peekTag() !== Tag.endSet; length++) set.add(this.#read());
    this.#tag();
    if (length !== this.#varint()) throw new Error(FAILED);
    return set;
  }

  #buffer(isResizable: boolean): ArrayBuffer {
    const length = this.#varint();
    const maxByteLength = isResizable ? this.#varint() : length;
    if (maxByteLength < length) throw new Error(FAILED);
    // Five bytes that ask for four gigabytes, again and again, would leave the process no memory to map.
    if (isResizable) this.#reserved += Math.max(maxByteLength, RESERVED_EACH);
    if (this.#reserved > RESERVED_MAX) throw new Error(FAILED);
    const at = this.#skip(length);
    const options = isResizable ? { maxByteLength } : undefined;
    const buffer = new (ArrayBuffer as new (length: number, options?: object) => ArrayBuffer)(
      length,
      options,
    );
    new Uint8Array(buffer).set(this.#bytes.subarray(at, at + length));
    return buffer;
  }

  /** A view follows the buffer that it is of, and stands for it. */
  #withView(object: object): object {
    const isBuffer =
      object instanceof ArrayBuffer ||
      (globalThis.SharedArrayBuffer !== undefined && object instanceof SharedArrayBuffer);
    if (!isBuffer || this.#at >= this.#bytes.length || this.#peekTag() !== Tag.arrayBufferView) {
      return object;
    }
    this.#tag();
    const subtag = this.#byte();
    const offset = this.#varint();
    const length = this.#varint();
    const flags = this.#version >= 14 ? this.#varint() : 0;
    const name = Object.keys(VIEWS).find((key) => VIEWS[key] === subtag);
    const View = name && (globalThis as unknown as Record<string, ViewConstructor>)[name];
    if (!View || offset + length > (object as ArrayBuffer).byteLength) throw new Error(FAILED);
    const unit = View.BYTES_PER_ELEMENT ?? 1;
    if (offset % unit !== 0 || length % unit !== 0) throw new Error(FAILED);
    const isTracking = (flags & ViewFlag.lengthTracking) !== 0;
    return this.#add(new View(object, offset, isTracking ? undefined : length / unit));
  }

  #error(): Error {
    let tag = this.#varint();
    const name = Object.keys(ERRORS).find((key) => ERRORS[key] === tag);
    const Constructor = (name ? (globalThis as never)[name] : Error) as ErrorConstructor;
    if (name) tag = this.#varint();
    const error = this.#add(withoutTrace(Constructor));
    for (; tag !== ErrorTag.end; tag = this.#varint()) {
      if (tag === ErrorTag.message) hide(error, "message", this.#string(this.#tag()));
      else if (tag === ErrorTag.stack) hide(error, "stack", this.#string(this.#tag()));
      else if (tag === ErrorTag.cause) hide(error, "cause", this.#read());
      else throw new Error(FAILED);
    }
    return error;
  }
}

interface ViewConstructor {
  new (buffer: object, offset: number, length?: number): ArrayBufferView;
  readonly BYTES_PER_ELEMENT?: number;
}

function withoutTrace(Constructor: ErrorConstructor): Error {
  const { stackTraceLimit } = Error;
  Reflect.set(Error, "stackTraceLimit", 0);
  const error = new Constructor();
  Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
  hide(error, "stack", undefined);
  return error;
}

function hide(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, {
    value,
    writable: true,
    enumerable: false,
    configurable: true,
  });
}

function decodeUtf8(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; ) {
    const lead = bytes[i++] as number;
    if (lead < 0x80) {
      text += String.fromCharCode(lead);
      continue;
    }
    const more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    let point = lead & (0x3f >> more);
    for (let j = 0; j < more; j++) point = (point << 6) | ((bytes[i++] ?? 0) & 0x3f);
    text += String.fromCodePoint(Math.min(point, 0x10ffff));
  }
  return text;
}
