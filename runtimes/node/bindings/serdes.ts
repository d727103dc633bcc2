/** internalBinding("serdes"): v8.Serializer and v8.Deserializer, in V8's own format. */
import type { BindingFactory } from "../environment.ts";
import { codedError } from "../errors.ts";
import { ValueReader } from "../serialization/value-reader.ts";
import { ValueWriter } from "../serialization/value-writer.ts";
import { typesOf } from "./types.ts";

/** Methods that subclasses have, or have not. */
interface Hooks {
  _getDataCloneError?: unknown;
  _getSharedArrayBufferId?: unknown;
  _writeHostObject?: unknown;
  _readHostObject?: unknown;
}

export const serdes: BindingFactory = (env) => {
  const types = typesOf(env);
  const writers = new WeakMap<object, ValueWriter>();
  const readers = new WeakMap<object, ValueReader>();
  const writerOf = (self: object) => writers.get(self) ?? illegal();
  const readerOf = (self: object) => readers.get(self) ?? illegal();

  function Serializer(this: Hooks) {
    if (!new.target) throw needsNew("Serializer");
    const self = this;
    const writer = new ValueWriter(
      {
        dataCloneError: (message) =>
          Reflect.apply(self._getDataCloneError as () => unknown, self, [message]),
        get sharedArrayBufferId() {
          const get = self._getSharedArrayBufferId;
          if (typeof get !== "function") return undefined as never;
          return (buffer: SharedArrayBuffer) => Number(get.call(self, buffer)) >>> 0;
        },
        get writeHostObject() {
          const write = self._writeHostObject;
          return (
            typeof write === "function" ? (object: object) => write.call(self, object) : undefined
          ) as never;
        },
      },
      types,
    );
    writers.set(this, writer);
  }
  define(Serializer.prototype, {
    writeHeader(this: object) {
      writerOf(this).writeHeader();
    },
    writeValue(this: object, value: unknown) {
      writerOf(this).writeValue(value);
      return true;
    },
    releaseBuffer(this: object) {
      const bytes = writerOf(this).out.release();
      return Object.setPrototypeOf(bytes, bufferPrototype());
    },
    transferArrayBuffer(this: object, id: unknown, buffer: object) {
      if (!types.isArrayBuffer(buffer)) {
        throw codedError(TypeError, "ERR_INVALID_ARG_TYPE", "arrayBuffer must be an ArrayBuffer");
      }
      writerOf(this).transferArrayBuffer(Number(id) >>> 0, buffer);
    },
    writeUint32(this: object, value: unknown) {
      writerOf(this).out.varint(Number(value) >>> 0);
    },
    writeUint64(this: object, high: unknown, low: unknown) {
      const value = (BigInt(Number(high) >>> 0) << 32n) | BigInt(Number(low) >>> 0);
      writerOf(this).out.bigVarint(value);
    },
    writeDouble(this: object, value: unknown) {
      writerOf(this).out.double(Number(value));
    },
    writeRawBytes(this: object, source: unknown) {
      if (!ArrayBuffer.isView(source)) {
        throw codedError(
          TypeError,
          "ERR_INVALID_ARG_TYPE",
          "source must be a TypedArray or a DataView",
        );
      }
      writerOf(this).out.bytes(bytesOf(source));
    },
    _setTreatArrayBufferViewsAsHostObjects(this: object, value: unknown) {
      writerOf(this).viewsAreHostObjects = Boolean(value);
    },
  });

  function Deserializer(this: Hooks & { buffer?: unknown }, buffer: unknown) {
    if (!new.target) throw needsNew("Deserializer");
    if (!ArrayBuffer.isView(buffer)) {
      throw codedError(
        TypeError,
        "ERR_INVALID_ARG_TYPE",
        "buffer must be a TypedArray or a DataView",
      );
    }
    const self = this;
    self.buffer = buffer;
    const reader = new ValueReader(bytesOf(buffer), {
      readHostObject() {
        const read = self._readHostObject;
        if (typeof read !== "function") throw new Error("Unable to deserialize cloned data.");
        const object: unknown = read.call(self);
        if (typeof object !== "object" || object === null) {
          throw new TypeError("readHostObject must return an object");
        }
        return object;
      },
    });
    readers.set(this, reader);
  }
  define(Deserializer.prototype, {
    readHeader(this: object) {
      return readerOf(this).readHeader();
    },
    readValue(this: object) {
      return readerOf(this).readValue();
    },
    getWireFormatVersion(this: object) {
      return readerOf(this).version;
    },
    transferArrayBuffer(this: object, id: unknown, buffer: object) {
      if (!types.isAnyArrayBuffer(buffer)) {
        throw codedError(
          TypeError,
          "ERR_INVALID_ARG_TYPE",
          "arrayBuffer must be an ArrayBuffer or SharedArrayBuffer",
        );
      }
      readerOf(this).transferBuffer(Number(id) >>> 0, buffer);
    },
    readUint32(this: object) {
      return readerOf(this).tryVarint() ?? failed("ReadUint32");
    },
    readUint64(this: object) {
      const value = readerOf(this).tryBigVarint() ?? failed("ReadUint64");
      return [Number(value >> 32n), Number(value & 0xffffffffn)];
    },
    readDouble(this: object) {
      return readerOf(this).tryDouble() ?? failed("ReadDouble");
    },
    _readRawBytes(this: object, length: unknown) {
      return readerOf(this).tryBytes(Math.trunc(Number(length))) ?? failed("ReadRawBytes");
    },
  });

  /** What lib/ gave the buffer binding: bytes that are released are Buffers. */
  function bufferPrototype(): object {
    return (env.requireBuiltin("buffer") as { Buffer: { prototype: object } }).Buffer.prototype;
  }

  return { Serializer, Deserializer };
};

function define(prototype: object, methods: Record<string, unknown>): void {
  const made = prototype.constructor;
  delete (prototype as { constructor?: unknown }).constructor;
  Object.assign(prototype, methods);
  Object.defineProperty(prototype, "constructor", {
    value: made,
    writable: true,
    enumerable: false,
    configurable: true,
  });
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function failed(what: string): never {
  throw new Error(`${what}() failed`);
}

function illegal(): never {
  throw new TypeError("Illegal invocation");
}

function needsNew(name: string): Error {
  return codedError(
    TypeError,
    "ERR_CONSTRUCT_CALL_REQUIRED",
    `Class constructor ${name} cannot be invoked without \`new\``,
  );
}
