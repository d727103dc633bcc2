/**
 * SQLite itself: sqlite.org's WebAssembly build of it, whose C functions are called as they are. It is
 * built for a Unix, so its own VFS for Unix does all that concerns files, over the machine's system calls
 * (system.ts). https://sqlite.org/c3ref/intro.html
 */
import type { Environment } from "../environment.ts";
import { decodeUtf8, encodeUtf8 } from "../text/units.ts";
import type { CFunctions } from "./c-functions.ts";
import { type Callbacks, wrapCallbacks } from "./callbacks.ts";
import { FileSystem } from "./file-system.ts";
import { otherImports } from "./imports.ts";

export const OK = 0;
export const ROW = 100;
export const DONE = 101;

interface FunctionTable {
  grow(count: number): number;
  set(index: number, value: unknown): void;
  get(index: number): (...args: readonly number[]) => number;
}

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

interface Namespace {
  Memory: new (limits: { initial: number; maximum: number }) => Memory;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

/** What its build was linked with. */
const INITIAL_PAGES = 128;
const MAXIMUM_PAGES = 32_768;
const PAGE_BYTES = 65_536;
/** Fields of sqlite3_vfs and sqlite3_io_methods. */
const VFS_APP_DATA = 20;
const VFS_SLEEP = 60;
const METHODS_SHM_MAP = 52;
const UTF8_MOST = 3;
const SCRATCH_BYTES = 65_536;
/** The callee copies what it is handed. */
export const TRANSIENT = -1;

export class Library {
  /** Functions of JavaScript as C's pointers. */
  readonly callbacks: Record<keyof Callbacks, number>;
  readonly c: CFunctions;
  readonly #memory: Memory;
  readonly #scratch: number;
  #bytes = new Uint8Array();
  #view = new DataView(new ArrayBuffer(0));

  constructor(env: Environment, binary: Uint8Array, callbacks: Omit<Callbacks, "sleep">) {
    const wasm = (globalThis as unknown as { WebAssembly: Namespace }).WebAssembly;
    this.#memory = new wasm.Memory({ initial: INITIAL_PAGES, maximum: MAXIMUM_PAGES });
    const files = new FileSystem(env, this);
    const { wasi, system } = files.imports();
    const others = otherImports(env, this, (bytes) => this.#growTo(bytes));
    const instance = new wasm.Instance(new wasm.Module(binary), {
      env: { memory: this.#memory, ...system, ...others.system },
      wasi_snapshot_preview1: { ...wasi, ...others.wasi },
    });
    // A plain object's properties are found faster.
    const exports = {
      ...(instance.exports as CFunctions & { __indirect_function_table: FunctionTable }),
    };
    this.c = exports;
    const table = exports.__indirect_function_table;
    this.c.__wasm_call_ctors();
    const sleep = (_: number, microseconds: number) => {
      // An interrupted sleep is a short one.
      files.attempt(() => env.sys.clock_nanosleep(1, 0, BigInt(microseconds) * 1000n));
      return microseconds;
    };
    this.callbacks = wrapCallbacks(wasm as never, table, {
      ...callbacks,
      sleep,
    });
    this.#scratch = this.allocate(SCRATCH_BYTES);
    this.#useUnix(table);
  }

  get bytes(): Uint8Array {
    if (this.#bytes.buffer !== this.#memory.buffer) {
      this.#bytes = new Uint8Array(this.#memory.buffer);
      this.#view = new DataView(this.#memory.buffer);
    }
    return this.#bytes;
  }

  get view(): DataView {
    void this.bytes;
    return this.#view;
  }

  allocate(bytes: number): number {
    const pointer = this.c.sqlite3_malloc(Math.max(bytes, 1));
    if (pointer === 0) throw new RangeError("SQLite is out of memory");
    return pointer;
  }

  free(pointer: number): void {
    this.c.sqlite3_free(pointer);
  }

  /** Text up to its NUL; undefined for a null pointer. */
  text(pointer: number): string | undefined {
    if (pointer === 0) return undefined;
    const { bytes } = this;
    return decodeUtf8(bytes, pointer, bytes.indexOf(0, pointer));
  }

  /** Hands `use` a C string; `size` does not count its NUL. */
  withText<T>(text: string, use: (pointer: number, size: number) => T): T {
    const most = text.length * UTF8_MOST;
    const pointer = this.allocate(most + 1);
    try {
      const size = encodeUtf8(text, this.bytes, pointer, pointer + most);
      this.bytes[pointer + size] = 0;
      return use(pointer, size);
    } finally {
      this.free(pointer);
    }
  }

  /** The same for one that copies it before anything else is called. */
  withPassingText<T>(text: string, use: (pointer: number, size: number) => T): T {
    const most = text.length * UTF8_MOST;
    if (most >= SCRATCH_BYTES) return this.withText(text, use);
    const size = encodeUtf8(text, this.bytes, this.#scratch, this.#scratch + most);
    this.bytes[this.#scratch + size] = 0;
    return use(this.#scratch, size);
  }

  withBytes<T>(source: Uint8Array, use: (pointer: number, size: number) => T): T {
    const pointer = this.allocate(source.length);
    try {
      this.bytes.set(source, pointer);
      return use(pointer, source.length);
    } finally {
      this.free(pointer);
    }
  }

  /** Zeroed room for what a function answers through pointers. */
  withRoom<T>(bytes: number, use: (pointer: number) => T): T {
    const pointer = this.allocate(bytes);
    try {
      this.bytes.fill(0, pointer, pointer + bytes);
      return use(pointer);
    } finally {
      this.free(pointer);
    }
  }

  pointerAt(address: number): number {
    return this.view.getUint32(address, true);
  }

  /**
   * The build's default is a VFS without locks. The one with record locks becomes the default, sleeps in
   * the kernel, and loses the methods for shared memory, which no two processes have here: SQLite then
   * refuses WAL unless a connection has the database for itself.
   */
  #useUnix(table: FunctionTable): void {
    this.c.sqlite3_initialize();
    const vfs = this.withText("unix", (name) => this.c.sqlite3_vfs_find(name));
    this.c.sqlite3_vfs_register(vfs, 1);
    this.view.setUint32(vfs + VFS_SLEEP, this.callbacks.sleep, true);
    const finder = this.pointerAt(this.pointerAt(vfs + VFS_APP_DATA));
    const methods = table.get(finder)(0, 0);
    this.view.setUint32(methods + METHODS_SHM_MAP, 0, true);
  }

  #growTo(bytes: number): boolean {
    const more = Math.ceil((bytes - this.#memory.buffer.byteLength) / PAGE_BYTES);
    try {
      if (more > 0) this.#memory.grow(more);
      return true;
    } catch {
      return false;
    }
  }
}
