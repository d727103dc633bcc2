/**
 * A value on its way from one port to another (node_messaging.cc's Message): its bytes, and what cannot
 * be bytes. A message is read once.
 */

import { typesOf } from "../bindings/types.ts";
import type { Environment } from "../environment.ts";
import { codedError } from "../errors.ts";
import { ValueReader } from "../serialization/value-reader.ts";
import { ValueWriter } from "../serialization/value-writer.ts";

/** What an object of the host's becomes while it travels; `revive` makes it anew at the other end. */
export interface TransferData {
  /** "port", "file" and "javascript" go to other threads as well; anything else stays within its own. */
  readonly kind: string;
  revive(env: Environment): object;
  /** For "javascript": what `lib/` makes the object from, and the value that follows in the bytes. */
  readonly info?: string;
  readonly data?: unknown;
}

/** Objects of bindings that can travel have one of these methods. */
export const TRANSFER = Symbol("isopod.transfer");
export const CLONE = Symbol("isopod.clone");

export interface Message {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly buffers: readonly ArrayBuffer[];
  readonly shared: readonly SharedArrayBuffer[];
  readonly modules: readonly object[];
  readonly transferables: readonly TransferData[];
}

export interface Received {
  readonly value: unknown;
  /** The ports among what was transferred. */
  readonly ports: readonly object[];
}

const Mode = { transferable: 1, cloneable: 2 } as const;

type Traveller = Record<symbol, (() => unknown) | number | undefined>;

/** `sourcePort` cannot be sent by itself. Throws DataCloneError, with nothing transferred. */
export function serialize(
  env: Environment,
  value: unknown,
  transferList: readonly unknown[],
  isPort: (value: object) => boolean,
  sourcePort?: object,
): Message {
  const { privateSymbols } = env;
  const buffers: ArrayBuffer[] = [];
  const hosts: Traveller[] = [];
  const shared: SharedArrayBuffer[] = [];
  const modules: object[] = [];
  const modeOf = (object: Traveller): number => {
    const mode = object[privateSymbols.transfer_mode_private_symbol];
    if (typeof mode === "number") return mode;
    return (
      (typeof object[TRANSFER] === "function" ? Mode.transferable : 0) |
      (typeof object[CLONE] === "function" ? Mode.cloneable : 0)
    );
  };
  const isHost = (object: object) =>
    typeof (object as Traveller)[privateSymbols.transfer_mode_private_symbol] === "number" ||
    TRANSFER in object ||
    CLONE in object;

  for (const entry of transferList) {
    if (typeof entry !== "object" || entry === null) continue;
    if ((entry as Traveller)[privateSymbols.untransferable_object_private_symbol] !== undefined) {
      throw cloneError(env, "Cannot transfer object of unsupported type.");
    }
    if (entry instanceof ArrayBuffer) {
      if (buffers.includes(entry)) {
        throw cloneError(env, "Transfer list contains duplicate ArrayBuffer");
      }
      buffers.push(entry);
    } else if (isHost(entry)) {
      if (entry === sourcePort) throw cloneError(env, "Transfer list contains source port");
      if (hosts.includes(entry as Traveller)) {
        throw cloneError(
          env,
          `Transfer list contains duplicate ${isPort(entry) ? "MessagePort" : nameOf(entry)}`,
        );
      }
      if (isPort(entry) && (entry as { isDetached?: boolean }).isDetached === true) {
        throw cloneError(env, "MessagePort in transfer list is already detached");
      }
      if (!(modeOf(entry as Traveller) & Mode.transferable)) {
        throw cloneError(
          env,
          "Object that needs transfer was found in message but not listed in transferList",
        );
      }
      hosts.push(entry as Traveller);
    } else {
      throw codedError(
        TypeError,
        "ERR_INVALID_TRANSFER_OBJECT",
        "Found invalid object in transferList",
      );
    }
  }
  for (let i = 0; i < hosts.length; i++) {
    const nested = hosts[i]?.[env.symbols.messaging_transfer_list_symbol];
    if (typeof nested !== "function") continue;
    for (const object of Reflect.apply(nested, hosts[i], []) as Traveller[]) {
      if (!hosts.includes(object)) hosts.push(object);
    }
  }
  const transferred = hosts.length;

  const delegate = {
    isHostObject: isHost,
    writeHostObject(object: object) {
      const known = hosts.indexOf(object as Traveller);
      if (known >= 0) return writer.out.varint(known);
      const mode = modeOf(object as Traveller);
      if (mode & Mode.cloneable) {
        writer.out.varint(hosts.length);
        hosts.push(object as Traveller);
      } else if (mode & Mode.transferable) {
        throw cloneError(
          env,
          "Object that needs transfer was found in message but not listed in transferList",
        );
      } else throw cloneError(env, "Cannot clone object of unsupported type.");
    },
    sharedArrayBufferId(buffer: SharedArrayBuffer) {
      const known = shared.indexOf(buffer);
      return known >= 0 ? known : shared.push(buffer) - 1;
    },
    wasmModuleId: (module: object) => modules.push(module) - 1,
    dataCloneError: (message: string) => cloneError(env, message),
  };
  const writer = new ValueWriter(delegate, typesOf(env));
  buffers.forEach((buffer, id) => {
    if (buffer.detached) {
      throw cloneError(env, "An ArrayBuffer is detached and could not be cloned.");
    }
    writer.transferArrayBuffer(id, buffer);
  });
  writer.writeHeader();
  writer.writeValue(value);

  const transferables: TransferData[] = [];
  // Cloning may find more of them.
  for (let i = 0; i < hosts.length; i++) {
    const data = travel(env, hosts[i] as Traveller, i < transferred);
    if (data.kind === "javascript") writer.writeValue(data.data);
    transferables.push(data);
  }
  return {
    bytes: writer.out.release(),
    buffers: buffers.map((buffer) => buffer.transfer()),
    shared,
    modules,
    transferables,
  };
}

export function deserialize(
  env: Environment,
  message: Message,
  isPort: (value: object) => boolean,
): Received {
  const hosts = message.transferables.map((data) => data.revive(env));
  const reader = new ValueReader(message.bytes, {
    readHostObject() {
      const host = hosts[reader.tryVarint() ?? hosts.length];
      return host ?? lost();
    },
    sharedArrayBuffer: (id) => message.shared[id] ?? lost(),
    wasmModule: (id) => message.modules[id] ?? lost(),
  });
  message.buffers.forEach((buffer, id) => {
    reader.transferBuffer(id, buffer);
  });
  reader.readHeader();
  const value = reader.readValue();
  message.transferables.forEach((data, i) => {
    if (data.kind !== "javascript") return;
    const host = hosts[i] as Record<symbol, (data: unknown) => void>;
    host[env.symbols.messaging_deserialize_symbol]?.(reader.readValue());
  });
  return { value, ports: hosts.filter(isPort) };
}

export function cloneError(env: Environment, message: string): Error {
  const DOMException = env.internalBinding<{ DOMException: new (...args: string[]) => Error }>(
    "messaging",
  ).DOMException;
  return new DOMException(message, "DataCloneError");
}

function travel(env: Environment, object: Traveller, isTransfer: boolean): TransferData {
  const { messaging_transfer_symbol, messaging_clone_symbol } = env.symbols;
  const own = (isTransfer ? object[TRANSFER] : undefined) ?? object[CLONE];
  if (typeof own === "function") return Reflect.apply(own, object, []) as TransferData;
  const method =
    (isTransfer ? object[messaging_transfer_symbol] : undefined) ?? object[messaging_clone_symbol];
  const result = typeof method === "function" ? Reflect.apply(method, object, []) : undefined;
  const { data, deserializeInfo } = (result ?? {}) as { data?: unknown; deserializeInfo?: unknown };
  if (typeof deserializeInfo !== "string") {
    throw cloneError(env, "Cannot clone object of unsupported type.");
  }
  return javascriptData(deserializeInfo, data);
}

/** A descriptor, which all threads of a process share, and where a FileHandle of it reads. */
export interface FilePlace {
  readonly fd: number;
  readonly offset: number;
  readonly length: number;
}

export interface FileData extends TransferData {
  readonly place: FilePlace;
}

export function fileData(place: FilePlace): FileData {
  return {
    kind: "file",
    place,
    revive(env) {
      const { FileHandle } = env.internalBinding<{
        FileHandle: new (fd: number, offset: number, length: number) => object;
      }>("fs");
      return new FileHandle(place.fd, place.offset, place.length);
    },
  };
}

/** An object of `lib/`'s own classes. */
export function javascriptData(info: string, data: unknown): TransferData {
  return {
    kind: "javascript",
    info,
    data,
    revive: (env) =>
      env
        .internalBinding<{ createObject: (info: string) => object }>("messaging")
        .createObject(info),
  };
}

function lost(): never {
  throw new Error("Unable to deserialize cloned data.");
}

function nameOf(object: object): string {
  return object.constructor?.name ?? "host object";
}
