/**
 * `vm.fs`: the machine's files in the shape of node:fs/promises. Nothing is denied to it; what it
 * creates belongs to the machine's user. Relative paths start where the machine's commands start.
 */
import { readStream, writeStream } from "#values";
import type { RemoteMachine } from "../remote-machine.ts";
import {
  type BufferEncodingOption,
  fromPath,
  invalid,
  type Mode,
  type OpenFlags,
  type PathLike,
  type TimeLike,
  throwIfAborted,
  toBytes,
  toEncoding,
  toFlags,
  toId,
  toInteger,
  toMode,
  toModifiers,
  toOptions,
  toPath,
  toTime,
} from "./arguments.ts";
import { constants } from "./constants.ts";
import { type CopyOptions, copyTree } from "./copy-tree.ts";
import { Dir } from "./dir.ts";
import { Dirent } from "./dirent.ts";
import { FileHandle, toOutput } from "./file-handle.ts";
import { type GlobOptions, glob } from "./glob.ts";
import type {
  ClosableReadable,
  ClosableWritable,
  ReadStreamOptions,
  WriteStreamOptions,
} from "./node-streams.ts";
import { type BigIntStats, type StatFs, type Stats, toStatFs, toStats } from "./stats.ts";
import { type Data, isWhole, LARGEST_PIECE, writeData } from "./write-data.ts";

type Encoded = { encoding?: BufferEncodingOption } | BufferEncodingOption;
type BufferOption = { encoding: "buffer" } | "buffer";

interface WriteFileOptions {
  encoding?: BufferEncoding | null;
  mode?: Mode;
  flag?: OpenFlags;
  flush?: boolean;
  signal?: AbortSignal;
}

interface ReadFileOptions {
  encoding?: BufferEncoding | null;
  flag?: OpenFlags;
  signal?: AbortSignal;
}

interface ListOptions {
  encoding?: BufferEncodingOption;
  withFileTypes?: boolean;
  recursive?: boolean;
}

interface StatOptions {
  bigint?: boolean;
  throwIfNoEntry?: boolean;
}

interface WatchOptions {
  encoding?: BufferEncodingOption;
  recursive?: boolean;
  signal?: AbortSignal;
}

interface OptionalStat {
  bigint?: false;
  throwIfNoEntry: false;
}

export class VmFs {
  readonly constants = constants;
  readonly #machine: RemoteMachine;

  constructor(machine: RemoteMachine) {
    this.#machine = machine;
  }

  async access(path: PathLike, mode: number = constants.F_OK): Promise<void> {
    await this.#machine.files("access", toPath(path), toModifiers(mode));
  }

  async appendFile(
    path: PathLike | FileHandle,
    data: Data,
    options?: WriteFileOptions | BufferEncoding | null,
  ): Promise<void> {
    await this.writeFile(path, data, { flag: "a", ...toOptions(options) });
  }

  async chmod(path: PathLike, mode: Mode): Promise<void> {
    await this.#machine.files("chmod", toPath(path), toMode(mode, 0));
  }

  async chown(path: PathLike, uid: number, gid: number): Promise<void> {
    await this.#machine.files("chown", toPath(path), toId(uid, "uid"), toId(gid, "gid"));
  }

  async copyFile(source: PathLike, destination: PathLike, mode = 0): Promise<void> {
    const from = toPath(source, "src");
    const to = toPath(destination, "dest");
    await this.#machine.files("copyFile", from, to, toModifiers(mode));
  }

  async cp(source: PathLike, destination: PathLike, options: CopyOptions = {}): Promise<void> {
    await copyTree(this, toPath(source, "src"), toPath(destination, "dest"), toOptions(options));
  }

  createReadStream(
    path: PathLike,
    options?: (ReadStreamOptions & { flags?: OpenFlags; mode?: Mode }) | BufferEncoding | null,
  ): ClosableReadable {
    const normal = toOptions(options);
    return readStream(() => this.open(path, normal.flags ?? "r", normal.mode), normal);
  }

  createWriteStream(
    path: PathLike,
    options?: (WriteStreamOptions & { flags?: OpenFlags; mode?: Mode }) | BufferEncoding | null,
  ): ClosableWritable {
    const normal = toOptions(options);
    return writeStream(() => this.open(path, normal.flags ?? "w", normal.mode), normal);
  }

  glob(
    pattern: string | readonly string[],
    options: GlobOptions & { withFileTypes: true },
  ): AsyncGenerator<Dirent>;
  glob(pattern: string | readonly string[], options?: GlobOptions): AsyncGenerator<string>;
  glob(
    pattern: string | readonly string[],
    options: GlobOptions = {},
  ): AsyncGenerator<string | Dirent> {
    return glob(this, typeof pattern === "string" ? [pattern] : pattern, options);
  }

  /** As on Linux under Node: links have no mode of their own. */
  async lchmod(_path: PathLike, _mode: Mode): Promise<void> {
    const error = new Error("The lchmod() method is not implemented");
    throw Object.assign(error, { code: "ERR_METHOD_NOT_IMPLEMENTED" });
  }

  async lchown(path: PathLike, uid: number, gid: number): Promise<void> {
    await this.#machine.files("lchown", toPath(path), toId(uid, "uid"), toId(gid, "gid"));
  }

  async link(existing: PathLike, path: PathLike): Promise<void> {
    await this.#machine.files("link", toPath(existing, "existingPath"), toPath(path, "newPath"));
  }

  lstat(path: PathLike, options: { bigint: true }): Promise<BigIntStats>;
  lstat(path: PathLike, options?: { bigint?: false }): Promise<Stats>;
  lstat(path: PathLike, options: OptionalStat): Promise<Stats | undefined>;
  async lstat(path: PathLike, options?: StatOptions): Promise<Stats | BigIntStats | undefined> {
    const found = this.#machine.files("lstat", toPath(path));
    if (options?.throwIfNoEntry !== false) return toStats(await found, options);
    return found.then((stat) => toStats(stat, options), undefinedIfMissing);
  }

  async lutimes(path: PathLike, atime: TimeLike, mtime: TimeLike): Promise<void> {
    await this.#machine.files("lutimes", toPath(path), toTime(atime), toTime(mtime));
  }

  mkdir(path: PathLike, options: { recursive: true; mode?: Mode }): Promise<string | undefined>;
  mkdir(
    path: PathLike,
    options?: { recursive?: false; mode?: Mode } | Mode | null,
  ): Promise<undefined>;
  async mkdir(
    path: PathLike,
    options?: { recursive?: boolean; mode?: Mode } | Mode | null,
  ): Promise<string | undefined> {
    const { recursive = false, mode } =
      typeof options === "object" && options !== null ? options : { mode: options };
    const bits = toMode(mode, 0o777);
    if (recursive) return this.#machine.trees("makeDirectories", toPath(path), bits);
    await this.#machine.files("mkdir", toPath(path), bits);
    return undefined;
  }

  mkdtemp(prefix: PathLike, options: BufferOption): Promise<Buffer>;
  mkdtemp(prefix: PathLike, options?: Encoded | null): Promise<string>;
  async mkdtemp(prefix: PathLike, options?: Encoded | null): Promise<string | Buffer> {
    const made = await this.#machine.trees("makeTemporary", toPath(prefix, "prefix"));
    return fromPath(made, toEncoding(options));
  }

  /** A temporary directory that is removed when it is disposed of. */
  async mkdtempDisposable(
    prefix: PathLike,
    options?: Encoded | null,
  ): Promise<{ path: string; remove(): Promise<void> } & AsyncDisposable> {
    const path = (await this.mkdtemp(prefix, options)) as string;
    const remove = () => this.rm(path, { recursive: true, force: true });
    return { path, remove, [Symbol.asyncDispose]: remove };
  }

  async open(path: PathLike, flags: OpenFlags = "r", mode?: Mode): Promise<FileHandle> {
    const bits = toMode(mode, 0o666);
    const fd = await this.#machine.files("open", toPath(path), toFlags(flags, "r"), bits);
    return new FileHandle(this.#machine, fd);
  }

  async opendir(path: PathLike, options?: Encoded | null): Promise<Dir> {
    const name = toPath(path);
    const encoding = toEncoding(options);
    return new Dir(
      this.#machine,
      await this.#machine.files("openDirectory", name),
      name.toWellFormed(),
      encoding,
    );
  }

  readdir(
    path: PathLike,
    options: { encoding: "buffer"; withFileTypes: true; recursive?: boolean },
  ): Promise<Dirent<Buffer>[]>;
  readdir(path: PathLike, options: ListOptions & { withFileTypes: true }): Promise<Dirent[]>;
  readdir(
    path: PathLike,
    options: BufferOption | { encoding: "buffer"; recursive?: boolean },
  ): Promise<Buffer[]>;
  readdir(path: PathLike, options?: ListOptions | BufferEncodingOption): Promise<string[]>;
  async readdir(
    path: PathLike,
    options?: ListOptions | BufferEncodingOption,
  ): Promise<(string | Buffer | Dirent<string | Buffer>)[]> {
    const top = toPath(path);
    const encoding = toEncoding(options);
    const { withFileTypes = false, recursive = false } = toOptions<ListOptions>(options);
    const items = await this.#machine.trees("listTree", top, recursive);
    const prefix = top.endsWith("/") ? top.length : top.length + 1;
    return items.map(({ name, parent, type }) => {
      if (withFileTypes) {
        return new Dirent(fromPath(name, encoding), parent.toWellFormed(), type);
      }
      const inner = parent.slice(prefix);
      return fromPath(inner === "" ? name : `${inner}/${name}`, encoding);
    });
  }

  readFile(
    path: PathLike | FileHandle,
    options: (ReadFileOptions & { encoding: BufferEncoding }) | BufferEncoding,
  ): Promise<string>;
  readFile(
    path: PathLike | FileHandle,
    options?: (ReadFileOptions & { encoding?: null }) | null,
  ): Promise<Buffer>;
  async readFile(
    path: PathLike | FileHandle,
    options?: ReadFileOptions | BufferEncoding | null,
  ): Promise<string | Buffer> {
    const encoding = toEncoding(options);
    const { flag, signal } = toOptions(options);
    throwIfAborted(signal);
    if (path instanceof FileHandle) return path.readFile(options as never);
    const bytes = await this.#machine.files("readFile", toPath(path), toFlags(flag, "r"));
    throwIfAborted(signal);
    return toOutput(bytes, encoding);
  }

  readlink(path: PathLike, options: BufferOption): Promise<Buffer>;
  readlink(path: PathLike, options?: Encoded | null): Promise<string>;
  async readlink(path: PathLike, options?: Encoded | null): Promise<string | Buffer> {
    const encoding = toEncoding(options);
    return fromPath(await this.#machine.files("readlink", toPath(path, "oldPath")), encoding);
  }

  realpath(path: PathLike, options: BufferOption): Promise<Buffer>;
  realpath(path: PathLike, options?: Encoded | null): Promise<string>;
  async realpath(path: PathLike, options?: Encoded | null): Promise<string | Buffer> {
    const encoding = toEncoding(options);
    return fromPath(await this.#machine.trees("realpath", toPath(path)), encoding);
  }

  async rename(from: PathLike, to: PathLike): Promise<void> {
    await this.#machine.files("rename", toPath(from, "oldPath"), toPath(to, "newPath"));
  }

  async rm(path: PathLike, options: { force?: boolean; recursive?: boolean } = {}): Promise<void> {
    const { force = false, recursive = false } = toOptions(options);
    await this.#machine.trees("remove", toPath(path), recursive, force);
  }

  async rmdir(path: PathLike, options?: { recursive?: unknown }): Promise<void> {
    if (options?.recursive !== undefined) {
      throw invalid(
        "ERR_INVALID_ARG_VALUE",
        `The property 'options.recursive' is no longer supported. Received ${options.recursive}`,
      );
    }
    await this.#machine.files("rmdir", toPath(path));
  }

  stat(path: PathLike, options: { bigint: true }): Promise<BigIntStats>;
  stat(path: PathLike, options?: { bigint?: false }): Promise<Stats>;
  stat(path: PathLike, options: OptionalStat): Promise<Stats | undefined>;
  async stat(path: PathLike, options?: StatOptions): Promise<Stats | BigIntStats | undefined> {
    const found = this.#machine.files("stat", toPath(path));
    if (options?.throwIfNoEntry !== false) return toStats(await found, options);
    return found.then((stat) => toStats(stat, options), undefinedIfMissing);
  }

  statfs(path: PathLike, options: { bigint: true }): Promise<StatFs<bigint>>;
  statfs(path: PathLike, options?: { bigint?: false }): Promise<StatFs>;
  async statfs(path: PathLike, options?: { bigint?: boolean }): Promise<StatFs | StatFs<bigint>> {
    const found = await this.#machine.files("statfs", toPath(path));
    return toStatFs(found, options?.bigint === true);
  }

  async symlink(target: PathLike, path: PathLike, _type?: string | null): Promise<void> {
    await this.#machine.files("symlink", toPath(target, "target"), toPath(path));
  }

  async truncate(path: PathLike, length = 0): Promise<void> {
    const size = Math.max(0, toInteger(length, "len", -(2 ** 53) + 1, 2 ** 53 - 1));
    await this.#machine.files("truncate", toPath(path), size);
  }

  async unlink(path: PathLike): Promise<void> {
    await this.#machine.files("unlink", toPath(path));
  }

  async utimes(path: PathLike, atime: TimeLike, mtime: TimeLike): Promise<void> {
    await this.#machine.files("utimes", toPath(path), toTime(atime), toTime(mtime));
  }

  /** Changes as they happen, until the loop is left or `signal` is aborted. */
  async *watch(
    path: PathLike,
    options?: WatchOptions | BufferEncodingOption,
  ): AsyncGenerator<{ eventType: "rename" | "change"; filename: string | Buffer }, void> {
    const { encoding = "utf8", recursive = false, signal } = toOptions(options);
    const name = toPath(path, "filename");
    throwIfAborted(signal);
    const watch = await this.#machine.trees("watch", name, recursive === true);
    // What waits for changes ends with the watch.
    const end = () => this.#machine.trees("unwatch", watch).catch(() => {});
    signal?.addEventListener("abort", end, { once: true });
    try {
      for (;;) {
        const changes = await this.#machine.trees("changes", watch);
        throwIfAborted(signal);
        for (const { eventType, filename } of changes) {
          yield { eventType, filename: fromPath(filename, encoding) };
        }
      }
    } finally {
      signal?.removeEventListener("abort", end);
      await end();
    }
  }

  async writeFile(
    path: PathLike | FileHandle,
    data: Data,
    options?: WriteFileOptions | BufferEncoding | null,
  ): Promise<void> {
    const encoding = toEncoding(options);
    const { flag, mode, flush = false, signal } = toOptions(options);
    throwIfAborted(signal);
    if (path instanceof FileHandle) {
      return path.writeFile(data, options as never);
    }
    const name = toPath(path);
    const flags = toFlags(flag, "w");
    const bits = toMode(mode, 0o666);
    if (isWhole(data)) {
      const bytes = toBytes(data, encoding);
      if (bytes.length <= LARGEST_PIECE) {
        return this.#machine.files("writeFile", name, exact(bytes), flags, bits, flush);
      }
    }
    await using handle = await this.open(name, flags, bits);
    await writeData(this.#machine, handle.fd, data, { encoding, signal });
    if (flush) await handle.sync();
  }
}

/** Bytes in a buffer of just their length: small ones of Node live in a shared pool. */
function exact(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}

function undefinedIfMissing(error: { code?: string }): undefined {
  if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
}
