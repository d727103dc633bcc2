/**
 * What somebody who writes a file system for machines implements: a few asynchronous operations on
 * absolute paths, `/` being its own root. The machine does the rest: path walks, symbolic links,
 * permissions, open files and their offsets, locks, watches.
 *
 * An operation fails by an error whose `code` is POSIX's (`Object.assign(new Error(), { code: "EACCES" })`);
 * any other error is EIO to the program, and told to the embedder. Paths are normalised: no `..`, no `//`,
 * no slash at the end. Operations may overlap, those on one file too.
 */
export interface FileSystemDriver {
  /** What is at `path`, a link not followed; undefined where nothing is. */
  stat(path: string): Promise<FileInfo | undefined>;
  /** The entries of a directory, in any order, without `.` and `..`. */
  readdir(path: string): Promise<readonly DirectoryItem[]>;
  /** Up to `length` bytes from `position` on: fewer only where the file ends. */
  read(path: string, position: number, length: number): Promise<Uint8Array>;
  /** Where a symbolic link leads. */
  readlink?(path: string): Promise<string>;

  // Without `create` the file system is read-only

  /** Makes an empty file, a directory or a symbolic link; nothing has that name. */
  create?(path: string, init: NewFile): Promise<void>;
  /** Writes all of `bytes` at `position`, past the end too: what lies between is zeros. */
  write?(path: string, position: number, bytes: Uint8Array): Promise<void>;
  /** Cuts a file, or fills it up with zeros. */
  truncate?(path: string, length: number): Promise<void>;
  /**
   * In place of `write` and `truncate`, for storage that keeps files whole: all of the file. Programs then
   * write to memory, and it is called at fsync, and when the last of them closes the file.
   */
  writeFile?(path: string, bytes: Uint8Array, mode: number): Promise<void>;
  /** Removes a file or link, or an empty directory (ENOTEMPTY). */
  remove?(path: string, type: FileType): Promise<void>;
  /**
   * Moves a file or a directory with all that is in it, over a file or an empty directory. Without it
   * files are copied and removed, and directories fail with EXDEV, so that mv(1) copies them.
   */
  rename?(from: string, to: string): Promise<void>;
  /**
   * Changes what is given. Without it, modes and times are what stat() says, and changes of them are taken
   * and forgotten, as by a FAT that is mounted `quiet`: cp(1) and mv(1) would fail otherwise.
   */
  setAttributes?(path: string, changes: FileChanges): Promise<void>;
  /** Makes a file durable; without it every operation is durable when it resolves. */
  sync?(path: string): Promise<void>;
  /** Bytes there are, and those that are free. */
  statfs?(): Promise<{ readonly size: number; readonly free: number }>;
  /** It is not mounted any more. */
  close?(): void | Promise<void>;
}

export type FileType = "file" | "directory" | "symlink";

export interface FileInfo {
  readonly type: FileType;
  /** Bytes; what lies behind cannot be read. Default: 0. */
  readonly size?: number;
  /** Permission bits. Default: 0o644, of directories 0o755. */
  readonly mode?: number;
  /** Milliseconds since 1970. Default: the time of the mount; `ctimeMs` as `mtimeMs`. */
  readonly mtimeMs?: number;
  readonly atimeMs?: number;
  readonly ctimeMs?: number;
}

export interface DirectoryItem {
  readonly name: string;
  readonly type: FileType;
}

export interface NewFile {
  readonly type: FileType;
  /** Permission bits. */
  readonly mode: number;
  /** Of a symbolic link. */
  readonly target?: string | undefined;
}

export interface FileChanges {
  readonly mode?: number;
  readonly mtimeMs?: number;
  readonly atimeMs?: number;
}

export const OPERATIONS = [
  "stat",
  "readdir",
  "read",
  "readlink",
  "create",
  "write",
  "truncate",
  "writeFile",
  "remove",
  "rename",
  "setAttributes",
  "sync",
  "statfs",
  "close",
] as const satisfies readonly (keyof FileSystemDriver)[];

export type Operation = (typeof OPERATIONS)[number];
