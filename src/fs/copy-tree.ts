/** `vm.fs.cp`: copies files and trees, as fs.promises.cp does. */
import { IsopodError } from "../errors.ts";
import * as posix from "../values/posix-path.ts";
import { constants } from "./constants.ts";
import type { Stats } from "./stats.ts";
import type { VmFs } from "./vm-fs.ts";

export interface CopyOptions {
  /** Copies what links lead to. Default: false. */
  dereference?: boolean;
  /** Rejects where something is in the way and `force` is false. Default: false. */
  errorOnExist?: boolean;
  /** Writes over what is there. Default: true. */
  force?: boolean;
  /** Leaves out that for which it answers false. */
  filter?: (source: string, destination: string) => boolean | Promise<boolean>;
  /** Modifiers of copyFile. */
  mode?: number;
  preserveTimestamps?: boolean;
  /** Needed for directories. Default: false. */
  recursive?: boolean;
  /** Keeps the text of links as it is; otherwise relative ones become absolute. */
  verbatimSymlinks?: boolean;
}

export async function copyTree(
  fs: VmFs,
  source: string,
  destination: string,
  options: CopyOptions,
): Promise<void> {
  await new Copy(fs, options).start(source, destination);
}

class Copy {
  readonly #fs: VmFs;
  readonly #options: CopyOptions;

  constructor(fs: VmFs, options: CopyOptions) {
    this.#fs = fs;
    this.#options = { force: true, ...options };
  }

  async start(source: string, destination: string): Promise<void> {
    const found = await this.#look(source);
    const there = await this.#lookIfPresent(destination);
    this.#checkPair(source, found, destination, there);
    if (found.isDirectory()) await this.#refuseItself(source, found, destination);
    if (!(await this.#wanted(source, destination))) return;
    if (!there) await this.#fs.mkdir(posix.dirname(destination), { recursive: true });
    await this.#copy(source, found, destination, there);
  }

  async #copy(
    source: string,
    found: Stats,
    destination: string,
    there: Stats | undefined,
  ): Promise<void> {
    if (found.isDirectory()) await this.#copyDirectory(source, found, destination, there);
    else if (found.isSymbolicLink()) await this.#copyLink(source, destination, there);
    else if (found.isFile() || found.isCharacterDevice() || found.isBlockDevice()) {
      await this.#copyFile(source, found, destination, there);
    } else if (found.isSocket())
      throw failure("ERR_FS_CP_SOCKET", "cannot copy a socket file", destination);
    else throw failure("ERR_FS_CP_FIFO_PIPE", "cannot copy a FIFO pipe", destination);
  }

  async #copyDirectory(
    source: string,
    found: Stats,
    destination: string,
    there: Stats | undefined,
  ): Promise<void> {
    if (!this.#options.recursive) {
      throw failure(
        "ERR_FS_EISDIR",
        "Recursive option not enabled, cannot copy a directory",
        source,
      );
    }
    if (!there) await this.#fs.mkdir(destination);
    for (const name of await this.#fs.readdir(source)) {
      const from = posix.join(source, name);
      const to = posix.join(destination, name);
      if (!(await this.#wanted(from, to))) continue;
      const child = await this.#look(from);
      const other = await this.#lookIfPresent(to);
      this.#checkPair(from, child, to, other);
      await this.#copy(from, child, to, other);
    }
    if (!there) await this.#fs.chmod(destination, found.mode & 0o7777);
  }

  async #copyFile(
    source: string,
    found: Stats,
    destination: string,
    there: Stats | undefined,
  ): Promise<void> {
    const { force, errorOnExist, mode = 0, preserveTimestamps } = this.#options;
    if (there && !force) {
      if (errorOnExist) throw failure("ERR_FS_CP_EEXIST", "target already exists", destination);
      return;
    }
    if (there) await this.#fs.unlink(destination);
    await this.#fs.copyFile(source, destination, mode & constants.COPYFILE_EXCL);
    if (preserveTimestamps) {
      await this.#fs.utimes(destination, found.atime, found.mtime);
    }
  }

  async #copyLink(source: string, destination: string, there: Stats | undefined): Promise<void> {
    const text = await this.#fs.readlink(source);
    const target =
      this.#options.verbatimSymlinks || posix.isAbsolute(text)
        ? text
        : posix.resolve("/", posix.dirname(source), text);
    if (there) {
      if (!there.isSymbolicLink()) throw failure("EEXIST", "file already exists", destination);
      await this.#fs.unlink(destination);
    }
    await this.#fs.symlink(target, destination);
  }

  #checkPair(source: string, found: Stats, destination: string, there: Stats | undefined): void {
    if (!there) return;
    if (there.ino === found.ino && there.dev === found.dev) {
      throw failure("ERR_FS_CP_EINVAL", "src and dest cannot be the same", destination);
    }
    if (found.isDirectory() && !there.isDirectory()) {
      const what = `cannot overwrite non-directory ${destination} with directory ${source}`;
      throw failure("ERR_FS_CP_DIR_TO_NON_DIR", what, destination);
    }
    if (!found.isDirectory() && there.isDirectory()) {
      const what = `cannot overwrite directory ${destination} with non-directory ${source}`;
      throw failure("ERR_FS_CP_NON_DIR_TO_DIR", what, destination);
    }
  }

  /** A tree copied into itself would never end. */
  async #refuseItself(source: string, found: Stats, destination: string): Promise<void> {
    for (let parent = posix.dirname(destination); ; parent = posix.dirname(parent)) {
      const there = await this.#lookIfPresent(parent);
      if (there && there.ino === found.ino && there.dev === found.dev) {
        const what = `cannot copy ${source} to a subdirectory of self ${destination}`;
        throw failure("ERR_FS_CP_EINVAL", what, destination);
      }
      if (parent === posix.dirname(parent)) return;
    }
  }

  async #wanted(source: string, destination: string): Promise<boolean> {
    const { filter } = this.#options;
    return filter === undefined || Boolean(await filter(source, destination));
  }

  #look(path: string): Promise<Stats> {
    return this.#options.dereference ? this.#fs.stat(path) : this.#fs.lstat(path);
  }

  async #lookIfPresent(path: string): Promise<Stats | undefined> {
    try {
      return await this.#look(path);
    } catch (error) {
      if ((error as { code?: string }).code === "ENOENT") return undefined;
      throw error;
    }
  }
}

function failure(code: string, why: string, path: string): Error {
  return Object.assign(new IsopodError(code, `cp: ${why}: ${path}`), { syscall: "cp", path });
}
