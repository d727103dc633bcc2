/**
 * SharedArrayBuffers that may go from thread to thread. A guest's worker may receive such memory but not
 * send any, so the kernel hands a stock of empty ones to every thread of a process as it starts;
 * `new SharedArrayBuffer` takes the next of them and grows it, and threads name it by its number.
 */

export interface SharedStock {
  /** [how many are taken]. */
  readonly taken: SharedArrayBuffer;
  readonly buffers: readonly SharedArrayBuffer[];
}

/** What a process may share; memory that it makes beyond that stays in its thread. */
const BUFFERS = 12;
const BYTES_MAX = 64 << 20;

/** Costs addresses, not memory. */
export function makeStock(): SharedStock {
  const empty = () => new SharedArrayBuffer(0, { maxByteLength: BYTES_MAX });
  return {
    taken: new SharedArrayBuffer(4),
    buffers: Array.from({ length: BUFFERS }, empty),
  };
}

let stock: SharedStock | undefined;

/** From here on, memory is taken from it. */
export function useStock(given: SharedStock): void {
  stock = given;
}

/** The number of a buffer of the stock; -1 for any other object. */
export function numberOf(object: object): number {
  return stock?.buffers.indexOf(object as SharedArrayBuffer) ?? -1;
}

export function bufferOf(number: number): SharedArrayBuffer | undefined {
  return stock?.buffers[number];
}

/** Replaces the constructor, which a browser may also have hidden, though there is such memory. */
export function installSharedMemory(scope: object): void {
  const memory = new WebAssembly.Memory({ initial: 0, maximum: 0, shared: true });
  const { prototype } = memory.buffer.constructor as SharedArrayBufferConstructor;
  const Native = prototype.constructor as SharedArrayBufferConstructor;
  const { construct } = Reflect;
  function Shared(length?: unknown, options?: { maxByteLength?: unknown }): SharedArrayBuffer {
    if (!new.target) throw new TypeError("Constructor SharedArrayBuffer requires 'new'");
    const isPlain = new.target === (Shared as unknown) && options?.maxByteLength === undefined;
    const found = isPlain ? take(length) : undefined;
    const target = new.target === (Shared as unknown) ? Native : new.target;
    return found ?? (construct(Native, [length, options], target as never) as SharedArrayBuffer);
  }
  Object.defineProperties(Shared, {
    name: { value: "SharedArrayBuffer", configurable: true },
    length: { value: 1, configurable: true },
    prototype: { value: prototype, writable: false },
    [Symbol.species]: { get: () => Shared, configurable: true },
  });
  Object.defineProperty(prototype, "constructor", {
    value: Shared,
    writable: true,
    configurable: true,
  });
  Object.defineProperty(scope, "SharedArrayBuffer", {
    value: Shared,
    writable: true,
    enumerable: false,
    configurable: true,
  });
}

function take(length: unknown): SharedArrayBuffer | undefined {
  if (!stock || typeof length !== "number" || !(length >= 0 && length <= BYTES_MAX))
    return undefined;
  const taken = new Int32Array(stock.taken);
  if (Atomics.load(taken, 0) >= stock.buffers.length) return undefined;
  const buffer = stock.buffers[Atomics.add(taken, 0, 1)];
  buffer?.grow(Math.trunc(length));
  return buffer;
}
