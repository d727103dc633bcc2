/**
 * A file system that somebody else wrote (driver.ts), as the kernel mounts it. Answers of the driver are
 * kept with the call that waits for them (kernel/wait/outcomes.ts); what a file is, is remembered for a
 * moment (`cacheMs`), as network file systems do.
 */
import { Errno, type ErrnoName, fail, KernelError } from "../../../kernel/errno.ts";
import type { StatFs } from "../../../kernel/syscalls/types.ts";
import type { FileSystem, Machine } from "../../../kernel/vfs/file-system.ts";
import { Quota } from "../../../kernel/vfs/quota.ts";
import { outcomeOf } from "../../../kernel/wait/outcomes.ts";
import { CustomDirectory } from "./directory.ts";
import type { FileInfo, FileSystemDriver, Operation } from "./driver.ts";
import type { CustomFile } from "./file.ts";

export interface CustomFileSystemOptions {
  /** As /proc/mounts names it. */
  readonly type?: string | undefined;
  readonly readOnly?: boolean;
  /** Whom the files appear to belong to. */
  readonly uid: number;
  readonly gid: number;
  /** Milliseconds for which an answer about a file is believed. Default: 1,000. */
  readonly cacheMs?: number | undefined;
  /** Milliseconds that an operation may take; ETIMEDOUT. Default: 60,000. */
  readonly timeoutMs?: number | undefined;
  /** Hears of errors that no program hears: of a driver's own, and of what was closed already. */
  readonly onFault?: (operation: string, path: string, reason: unknown) => void;
}

const CACHE_MS = 1000;
const TIMEOUT_MS = 60_000;
const BLOCK = 4096;
/** Milliseconds from 1970 that a date may have, as Date has it. */
const TIME_MAX = 8.64e15;
/** Mounts of this thread so far: the same path is another file in each. */
let mounts = 0;
/** Without an answer of the driver's: as much as can be said. */
const UNKNOWN_SIZE = 2 ** 40;
const FUSE_MAGIC = 0x6573_5546;

export class CustomFileSystem implements FileSystem {
  readonly type: string;
  readonly readOnly: boolean;
  readonly uid: number;
  readonly gid: number;
  readonly driver: FileSystemDriver;
  readonly root: CustomDirectory;
  /** Counts what waits in memory to be written. */
  readonly quota = Quota.of(Infinity, Infinity);
  /** Files with bytes that the driver has not taken yet. */
  readonly drafts = new Set<CustomFile>();
  readonly #options: CustomFileSystemOptions;
  readonly #number = ++mounts;
  #machine: Machine | undefined;
  #tick = 0;

  constructor(driver: FileSystemDriver, options: CustomFileSystemOptions) {
    this.driver = driver;
    this.#options = options;
    this.type = options.type ?? "custom";
    this.readOnly = options.readOnly === true || !driver.create;
    this.uid = options.uid;
    this.gid = options.gid;
    this.root = new CustomDirectory(this, { type: "directory" }, undefined, "");
  }

  attach(machine: Machine): void {
    this.#machine = machine;
    this.quota.join(machine.quota);
  }

  detach(): void {
    this.quota.leave();
    void this.#closed();
  }

  statfs(): StatFs {
    const { statfs } = this.driver;
    const { size, free } = statfs
      ? this.ask("statfs", "/", () => statfs.call(this.driver))
      : { size: UNKNOWN_SIZE, free: this.readOnly ? 0 : UNKNOWN_SIZE };
    const bfree = Math.floor(free / BLOCK);
    const blocks = Math.max(Math.ceil(size / BLOCK), bfree);
    const counts = { blocks, bfree, bavail: bfree, files: 0, ffree: 0 };
    return { ...counts, type: FUSE_MAGIC, bsize: BLOCK, namelen: 255, flags: 0 };
  }

  sync(): Promise<void> | undefined {
    if (this.drafts.size === 0) return undefined;
    return Promise.all([...this.drafts].map((file) => file.flush())).then(() => {});
  }

  /** Realtime nanoseconds. */
  now(): bigint {
    return this.#machine?.clock.realtime() ?? 0n;
  }

  /** Until when an answer that came now is believed, in monotonic nanoseconds. */
  expiry(): bigint {
    return this.#monotonic() + BigInt(Math.round((this.#options.cacheMs ?? CACHE_MS) * 1e6));
  }

  isFresh(expiry: bigint): boolean {
    return this.#monotonic() < expiry;
  }

  /** Grows with everything that is asked or changed: what was asked before a change knows nothing of it. */
  tick(): number {
    return ++this.#tick;
  }

  /** What the driver says of `path`, and when it was asked. */
  stat(path: string): { readonly info: FileInfo | undefined; readonly asked: number } {
    return this.ask("stat", path, async () => {
      const asked = this.tick();
      return { info: checkedInfo(await this.driver.stat(path)), asked };
    });
  }

  /** The outcome of an operation for the call under way; `rest` is what else makes it this one. */
  ask<T>(operation: Operation, path: string, work: () => Promise<T>, rest = ""): T {
    return outcomeOf(`${this.type} ${this.#number} ${operation} ${path} ${rest}`, () =>
      this.carryOut(operation, path, work),
    );
  }

  /** The driver's own work, within its time; rejects with a KernelError. */
  async carryOut<T>(operation: Operation, path: string, work: () => Promise<T>): Promise<T> {
    const { timeoutMs = TIMEOUT_MS } = this.#options;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new KernelError(Errno.ETIMEDOUT)), timeoutMs);
    });
    try {
      return await Promise.race([work(), late]);
    } catch (reason) {
      throw this.#asKernelError(operation, path, reason);
    } finally {
      clearTimeout(timer);
    }
  }

  fault(operation: string, path: string, reason: unknown): void {
    this.#options.onFault?.(operation, path, reason);
  }

  #asKernelError(operation: string, path: string, reason: unknown): KernelError {
    if (reason instanceof KernelError) return reason;
    const code = (reason as { code?: unknown } | undefined)?.code;
    const errno = typeof code === "string" ? Errno[code as ErrnoName] : undefined;
    if (errno === undefined) this.fault(operation, path, reason);
    return new KernelError(errno ?? Errno.EIO);
  }

  #monotonic(): bigint {
    return this.#machine?.clock.monotonic() ?? 0n;
  }

  async #closed(): Promise<void> {
    try {
      await this.sync();
      await this.driver.close?.();
    } catch (reason) {
      this.fault("close", "/", reason);
    }
  }
}

/** A driver is the embedder's, not the guest's; its slips should still not harm the kernel. */
function checkedInfo(info: FileInfo | undefined): FileInfo | undefined {
  if (info === undefined || info === null) return undefined;
  const { type, size = 0 } = info;
  const known = type === "file" || type === "directory" || type === "symlink";
  if (!known || !Number.isSafeInteger(size) || size < 0) {
    throw new TypeError(`stat answered ${JSON.stringify({ type, size })}`);
  }
  const { mode = 0, mtimeMs = 0, atimeMs = 0, ctimeMs = 0 } = info;
  const times = { mtimeMs, atimeMs, ctimeMs };
  if (!Number.isSafeInteger(mode) || !Object.values(times).every(isTime)) {
    // Not as JSON, which has no Infinity.
    throw new TypeError(`stat answered mode ${mode}, times ${Object.values(times).join(", ")}`);
  }
  return info;
}

function isTime(time: unknown): boolean {
  return typeof time === "number" && Math.abs(time) <= TIME_MAX;
}

export function unsupported(): never {
  return fail(Errno.EOPNOTSUPP);
}
