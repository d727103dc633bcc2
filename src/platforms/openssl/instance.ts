/**
 * An instance of OpenSSL's wasm (openssl/glue): its functions with arguments of JavaScript's, and its
 * callbacks by connection. It is trusted with what it computes and with nothing else: what traps, or asks
 * for what it was not given, ends the instance, and whoever calls it from then on hears EIO.
 */
import { decodeUtf8, Errno, encodeUtf8, KernelError } from "../../../kernel/abi.ts";

/** Bytes are a pointer and a length to C, a text ends at a NUL. */
export type Value = number | string | Uint8Array;

/** What a connection is asked in the middle of OpenSSL's work. Numbers are pointers. */
export interface Callbacks {
  handshake(isDone: boolean): void;
  keylog(line: string): void;
  /** 1: go on, -1: the answer comes later. */
  needsCertificate(): number;
  servername(name: string): void;
  /** Where in `offered` the chosen name begins; -1 for none, -2 where that ends the handshake. */
  chooseProtocol(offered: Uint8Array): number;
  newSession(session: number): void;
  /** A session that becomes OpenSSL's; 0 for none. */
  findSession(): number;
  /** A server's: whether it gave a response. */
  ocsp(): boolean;
  serverKey(identity: string): Uint8Array | undefined;
  clientKey(hint: string | undefined): { psk: Uint8Array; identity: string } | undefined;
}

export interface Field {
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** What a host lends to it. */
export interface Lent {
  readonly module: WebAssembly.Module;
  random(target: Uint8Array): void;
  /** Milliseconds since 1970. */
  now(): number;
  /** The certificates of authorities that programs trust by themselves. */
  readonly roots: readonly string[];
}

const HEADER = 5;
/** WASI's errno for what is no file, and nothing here is one. */
const EBADF = 8;
const EINVAL = 28;
const CLOCK_REALTIME = 0;

type Exports = Readonly<Record<string, (...values: readonly number[]) => number>>;

export class Instance {
  readonly #lent: Lent;
  readonly #exports: Exports;
  readonly #memory: WebAssembly.Memory;
  readonly #connections = new Map<number, Callbacks>();
  #isDead = false;
  #hasRoots = false;

  constructor(lent: Lent) {
    this.#lent = lent;
    const imports = { host: this.#host(), wasi_snapshot_preview1: this.#wasi() };
    const { exports } = new WebAssembly.Instance(lent.module, imports as never);
    this.#exports = exports as unknown as Exports;
    this.#memory = (exports as unknown as { memory: WebAssembly.Memory }).memory;
    this.call("_initialize");
  }

  /** True once it trapped. */
  get isDead(): boolean {
    return this.#isDead;
  }

  /** Numbers are as C returns them. */
  call(name: string, ...values: readonly Value[]): number {
    const pointers: number[] = [];
    const numbers: number[] = [];
    for (const value of values) {
      if (typeof value === "number") numbers.push(value);
      else {
        const bytes = typeof value === "string" ? encodeUtf8(`${value}\0`) : value;
        const pointer = this.place(bytes);
        pointers.push(pointer);
        numbers.push(pointer);
        if (typeof value !== "string") numbers.push(bytes.length);
      }
    }
    const result = this.#run(name, numbers);
    for (const pointer of pointers) this.#run("release", [pointer]);
    return result;
  }

  /** What a function answers with beside its number. */
  fields(name: string, ...values: readonly Value[]): Field[] {
    this.call(name, ...values);
    return this.answer();
  }

  /** The bytes of the first field with this number. */
  field(number: number, name: string, ...values: readonly Value[]): Uint8Array | undefined {
    return this.fields(name, ...values).find((field) => field.number === number)?.bytes;
  }

  text(name: string, ...values: readonly Value[]): string | undefined {
    const bytes = this.field(1, name, ...values);
    return bytes && decodeUtf8(bytes);
  }

  /** What the last function answered. */
  answer(): Field[] {
    const start = this.#run("out_start", []);
    const whole = this.bytesAt(start, this.#run("out_length", [])).slice();
    this.#run("out_clear", []);
    const view = new DataView(whole.buffer);
    const found: Field[] = [];
    for (let at = 0; at + HEADER <= whole.length; ) {
      const end = at + HEADER + view.getUint32(at + 1, true);
      found.push({ number: whole[at] as number, bytes: whole.subarray(at + HEADER, end) });
      at = end;
    }
    return found;
  }

  /** A view of its memory, until the next call. */
  bytesAt(pointer: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer as ArrayBuffer, pointer >>> 0, length);
  }

  /** A copy of `bytes` in its memory, for `release`. */
  place(bytes: Uint8Array): number {
    const pointer = this.#run("allocate", [bytes.length]);
    if (pointer === 0) throw new KernelError(Errno.ENOMEM);
    this.bytesAt(pointer, bytes.length).set(bytes);
    return pointer;
  }

  listen(connection: number, callbacks: Callbacks): void {
    this.#connections.set(connection, callbacks);
  }

  forget(connection: number): void {
    this.#connections.delete(connection);
  }

  loadRoots(): void {
    if (this.#hasRoots) return;
    this.#hasRoots = true;
    this.call("roots_load", encodeUtf8(this.#lent.roots.join("\n")));
  }

  get roots(): readonly string[] {
    return this.#lent.roots;
  }

  #run(name: string, values: readonly number[]): number {
    if (this.#isDead) throw new KernelError(Errno.EIO);
    const run = this.#exports[name] as Exports[string];
    try {
      return run(...values);
    } catch {
      // A trap, or a callback's own fault: either way it stopped in the middle.
      this.#isDead = true;
      throw new KernelError(Errno.EIO);
    }
  }

  #host(): Readonly<Record<string, (...values: number[]) => number | undefined>> {
    const of = (connection: number) => this.#connections.get(connection) as Callbacks;
    return {
      random_bytes: (target = 0, length = 0) => {
        this.#lent.random(this.bytesAt(target, length));
        return undefined;
      },
      handshake: (connection = 0, isDone = 0) => {
        of(connection).handshake(isDone !== 0);
        return undefined;
      },
      keylog: (connection = 0, line = 0) => {
        of(connection).keylog(this.#textAt(line));
        return undefined;
      },
      needs_certificate: (connection = 0) => of(connection).needsCertificate(),
      servername: (connection = 0, name = 0) => {
        of(connection).servername(this.#textAt(name));
        return undefined;
      },
      choose_protocol: (connection = 0, offered = 0, length = 0) =>
        of(connection).chooseProtocol(this.bytesAt(offered, length).slice()),
      new_session: (connection = 0, session = 0) => {
        of(connection).newSession(session);
        return undefined;
      },
      find_session: (connection = 0) => of(connection).findSession(),
      ocsp: (connection = 0) => Number(of(connection).ocsp()),
      server_key: (connection = 0, identity = 0, key = 0, most = 0) =>
        this.#give(of(connection).serverKey(this.#textAt(identity)), key, most),
      client_key: (connection = 0, hint = 0, identity = 0, room = 0, key = 0, most = 0) => {
        const found = of(connection).clientKey(hint === 0 ? undefined : this.#textAt(hint));
        const name = encodeUtf8(`${found?.identity ?? ""}\0`);
        // The NUL is beyond what the room is said to be.
        if (!found || name.length > room + 1) return 0;
        this.bytesAt(identity, name.length).set(name);
        return this.#give(found.psk, key, most);
      },
    };
  }

  #give(bytes: Uint8Array | undefined, target: number, most: number): number {
    if (!bytes || bytes.length > most) return 0;
    this.bytesAt(target, bytes.length).set(bytes);
    return bytes.length;
  }

  #textAt(pointer: number): string {
    const memory = this.bytesAt(0, this.#memory.buffer.byteLength);
    return decodeUtf8(memory, pointer >>> 0, memory.indexOf(0, pointer >>> 0));
  }

  /** It reads a clock. It has no files, and what would end a process ends the instance. */
  #wasi(): Readonly<Record<string, (...values: never[]) => number>> {
    const none = () => EBADF;
    const names = WebAssembly.Module.imports(this.#lent.module);
    const functions: Record<string, (...values: never[]) => number> = {};
    for (const { module, name } of names) if (module !== "host") functions[name] = none;
    return Object.assign(functions, {
      clock_time_get: (clock: number, _precision: bigint, target: number) => {
        if (clock !== CLOCK_REALTIME) return EINVAL;
        const view = new DataView(this.#memory.buffer);
        view.setBigUint64(target >>> 0, BigInt(Math.trunc(this.#lent.now())) * 1_000_000n, true);
        return 0;
      },
      proc_exit: () => {
        throw new Error("OpenSSL gave up");
      },
    });
  }
}
