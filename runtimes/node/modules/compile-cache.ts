/**
 * The compile cache that programs ask for: NODE_COMPILE_CACHE, and module.enableCompileCache()
 * (compile_cache.cc). Compiled code itself stays with the engine, which keeps it for the machine anyhow
 * (engine.ts), since code that a program could change would be a way out of its isolate. A file of the
 * cache says which source it is of, and is read, believed, replaced and told of as Node's.
 */
import {
  AT_FDCWD,
  encodeUtf8,
  KernelError,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_WRONLY,
} from "../../../kernel/abi.ts";
import type { Environment } from "../environment.ts";
import { uvErrno, uvErrorText } from "../errors.ts";
import { crc32 } from "../zlib/crc32.ts";

export const CACHE_STATUS = ["FAILED", "ENABLED", "ALREADY_ENABLED", "DISABLED"] as const;
export type Enabled = readonly [status: number, message?: string, folder?: string];
type Kind = "CommonJS" | "ESM";

interface Entry {
  readonly name: string;
  readonly path: string;
  readonly size: number;
  readonly hash: number;
  /** What says which source it is of; undefined while that was not compiled. */
  code: Uint8Array | undefined;
  isRead: boolean;
}

const MAGIC = 0x8adfdbb2;
const HEADER = 20;
const STDERR = 2;
const caches = new WeakMap<Environment, CompileCache>();

/** What a program gets as the compiled code of `source`. */
export function codeText(source: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < source.length; i++) {
    hash = Math.imul(hash ^ source.charCodeAt(i), 0x01000193);
  }
  return `isopod code ${source.length} ${hash >>> 0}`;
}

export class CompileCache {
  readonly #env: Environment;
  readonly #entries = new Map<string, Entry>();
  #folder: string | undefined;
  #isDebugged = false;
  #hasStarted = false;

  private constructor(env: Environment) {
    this.#env = env;
  }

  static of(env: Environment): CompileCache {
    let cache = caches.get(env);
    if (!cache) caches.set(env, (cache = new CompileCache(env)));
    return cache;
  }

  /** Undefined where nobody enabled it. */
  get folder(): string | undefined {
    this.#start();
    return this.#folder;
  }

  enable(folder: string): Enabled {
    this.#start();
    return this.#enable(folder);
  }

  /** Compiles a module of the program's. */
  compile<T>(kind: Kind, name: string, source: string, compile: () => T): T {
    this.#start();
    if (this.#folder === undefined) return compile();
    const entry = this.#entry(kind, name, source);
    const compiled = compile();
    const state = entry.code ? "accepted, keeping" : "not initialized, initializing";
    this.#say(`cache for ${name} was ${state} the in-memory entry\n`);
    entry.code ??= encodeUtf8(codeText(source));
    return compiled;
  }

  /** What is new goes to its files before the process ends. */
  flush(): void {
    this.#start();
    this.#say("module.flushCompileCache() requested.\n");
    if (this.#folder !== undefined) this.#persist();
    this.#say("module.flushCompileCache() finished.\n");
  }

  #persist(): void {
    for (const entry of this.#entries.values()) this.#write(entry);
    this.#entries.clear();
    this.#say("Clear deserialized cache.\n");
  }

  /** A process that begins enables it where its environment says so. */
  #start(): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    this.#isDebugged = /(?:^|,)\s*compile_cache\s*(?:,|$)/i.test(
      this.#variable("NODE_DEBUG_NATIVE") ?? "",
    );
    const folder = this.#variable("NODE_COMPILE_CACHE");
    if (folder) this.#enable(folder);
  }

  #enable(folder: string): Enabled {
    if (this.#variable("NODE_DISABLE_COMPILE_CACHE")) {
      this.#say("Disabled by NODE_DISABLE_COMPILE_CACHE.\n");
      return [CACHE_STATUS.indexOf("DISABLED"), "Disabled by NODE_DISABLE_COMPILE_CACHE"];
    }
    if (this.#folder !== undefined) {
      return [CACHE_STATUS.indexOf("ALREADY_ENABLED"), "", this.#folder];
    }
    const env = this.#env;
    const path = env.requireBuiltin<{ resolve(...parts: string[]): string }>("path");
    const tag = `v${env.library.versions["node"]}-x64-isopod-0`;
    const target = path.resolve(folder, tag);
    this.#say(`resolved path ${folder} + ${tag} -> ${target}\n`);
    const error = this.#attempt(() => this.#makeFolders(target));
    this.#say(`creating cache directory ${target}...${error ?? "success"}\n`);
    if (error !== undefined) {
      return [CACHE_STATUS.indexOf("FAILED"), `Cannot create cache directory: ${error}`];
    }
    this.#folder = target;
    env.onExit(() => this.#persist());
    return [CACHE_STATUS.indexOf("ENABLED"), "", target];
  }

  #entry(kind: Kind, name: string, source: string): Entry {
    const key = crc32(encodeUtf8(name), crc32(Uint8Array.of(kind === "ESM" ? 1 : 0)));
    const path = `${this.#folder}/${key.toString(16).padStart(8, "0")}`;
    const bytes = encodeUtf8(source);
    const hash = crc32(bytes);
    const known = this.#entries.get(path);
    if (known?.hash === hash) return known;
    const entry = { name, path, size: bytes.length, hash, code: undefined, isRead: false };
    this.#entries.set(path, entry);
    this.#say(`reading cache from ${path} for ${kind} ${name}...`);
    const error = this.#attempt(() => this.#read(entry, source));
    if (error !== undefined) this.#tell(` ${error}\n`);
    return entry;
  }

  #read(entry: Entry, source: string): void {
    const { sys } = this.#env;
    const fd = sys.openat(AT_FDCWD, entry.path, O_CLOEXEC, 0);
    const bytes = new Uint8Array(HEADER + codeText(source).length + 1);
    let length = 0;
    try {
      for (let count = -1; count !== 0 && length < bytes.length; length += count) {
        count = sys.read(fd, bytes.subarray(length));
      }
    } finally {
      sys.close(fd);
    }
    if (length < HEADER) {
      this.#tell(`reading header failed, bytes read ${length}\n`);
      return;
    }
    const view = new DataView(bytes.buffer, 0, HEADER);
    const [magic, size, codeSize, hash, codeHash] = Array.from({ length: 5 }, (_, i) =>
      view.getUint32(i * 4, true),
    );
    this.#tell(`[${[magic, size, codeSize, hash, codeHash].join(" ")}]...`);
    const code = bytes.subarray(HEADER, length);
    const checks = [
      ["magic number", MAGIC, magic],
      ["code size", entry.size, size],
      ["code hash", entry.hash, hash],
      ["cache size", code.length, codeSize],
      ["cache hash", crc32(code), codeHash],
    ] as const;
    for (const [what, expected, actual] of checks) {
      if (expected === actual) continue;
      this.#tell(`${what} mismatch: expected ${expected}, actual ${actual}\n`);
      return;
    }
    entry.code = code;
    entry.isRead = true;
    this.#tell(` success, size=${code.length}\n`);
  }

  #write({ name, path, size, hash, code, isRead }: Entry): void {
    if (!code || isRead) {
      const why = code ? "cache was the same" : "the cache was not initialized";
      this.#say(`skip ${name} because ${why}\n`);
      return;
    }
    const { sys } = this.#env;
    const fields = [MAGIC, size, code.length, hash, crc32(code)];
    const bytes = new Uint8Array(HEADER + code.length);
    for (const [i, field] of fields.entries()) {
      new DataView(bytes.buffer).setUint32(i * 4, field, true);
    }
    bytes.set(code, HEADER);
    const temporary = `${path}.${Math.random().toString(36).slice(2, 8).padEnd(6, "0")}`;
    const attempt = (what: string, run: () => void): boolean => {
      this.#say(what);
      const error = this.#attempt(run);
      this.#tell(error === undefined ? "success\n" : `failed: ${error}\n`);
      return error === undefined;
    };
    this.#say(`Creating temporary file for cache of ${name}... -> ${temporary}\n`);
    const isWritten = attempt(
      `writing cache for ${name} to temporary file ${temporary} [${fields.join(" ")}]...`,
      () => {
        const flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
        const fd = sys.openat(AT_FDCWD, temporary, flags, 0o600);
        sys.write(fd, bytes);
        sys.close(fd);
      },
    );
    if (!isWritten) return;
    attempt(`Renaming ${temporary} to ${path}...`, () =>
      sys.renameat2(AT_FDCWD, temporary, AT_FDCWD, path, 0),
    );
  }

  #makeFolders(path: string): void {
    const { sys } = this.#env;
    try {
      sys.close(sys.openat(AT_FDCWD, path, O_DIRECTORY | O_CLOEXEC, 0));
    } catch {
      const end = path.lastIndexOf("/");
      if (end > 0) this.#makeFolders(path.slice(0, end));
      sys.mkdirat(AT_FDCWD, path, 0o777);
    }
  }

  /** What the system says where it fails. */
  #attempt(run: () => void): string | undefined {
    try {
      run();
      return undefined;
    } catch (reason) {
      if (!(reason instanceof KernelError)) throw reason;
      return uvErrorText(uvErrno(reason));
    }
  }

  #variable(name: string): string | undefined {
    const start = `${name}=`;
    return this.#env.envp.find((entry) => entry.startsWith(start))?.slice(start.length);
  }

  #say(text: string): void {
    this.#tell(`[compile cache] ${text}`);
  }

  #tell(text: string): void {
    if (this.#isDebugged) this.#env.sys.write(STDERR, encodeUtf8(text));
  }
}
