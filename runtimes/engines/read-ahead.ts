/**
 * Reads of a guest that bring more than it asked for (shared-memory/layout.ts, AHEAD). Only from a pipe
 * or file whose offset is this guest's alone. Before a call that could show the bytes missing, such as a
 * spawn whose child inherits the descriptor, they go back to where they came from; and so do those of a
 * file before a call by which the guest could learn that somebody has changed it.
 */
import type { Gate, SyscallName, Unread } from "../../kernel/index.ts";
import { AHEAD, AHEAD_BYTES, Word } from "./shared-memory/layout.ts";

/** Calls that neither look at the pipe nor let anybody else at it. */
const UNRELATED: ReadonlySet<SyscallName> = new Set<SyscallName>([
  "write",
  "pread64",
  "pwrite64",
  "lseek",
  "fstat",
  "newfstatat",
  "getdents64",
  "readlinkat",
  "mkdirat",
  "unlinkat",
  "ftruncate",
  "fchmod",
  "fchmodat",
  "fchownat",
  "futimens",
  "utimensat",
  "symlinkat",
  "clock_gettime",
  "getrandom",
  "getpid",
  "rt_sigprocmask",
  "sched_yield",
  "sigtake",
  "exit",
]);

/** Bytes that the first read of a file or pipe brings; each one after it brings twice as many as the last. */
const WINDOW_MIN = 65_536;
/** Reads without reading ahead, after more than half of it had to go back. */
const PENALTY = 64;

export class ReadAhead {
  readonly #process: Gate["process"];
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  #unread: Unread | undefined;
  #fd = -1;
  /** Bytes that the next read of `#fd` brings. */
  #window = WINDOW_MIN;
  /** The guest waited for somebody since it read. */
  #hasWaited = false;
  #penalty = 0;

  constructor(process: Gate["process"], memory: SharedArrayBuffer, words: Int32Array) {
    this.#process = process;
    this.#words = words;
    this.#bytes = new Uint8Array(memory, AHEAD, AHEAD_BYTES);
  }

  /** The buffer to read `fd` into, in place of one of `length` bytes; undefined: read as asked. */
  bufferFor(fd: number, length: number): Uint8Array | undefined {
    const { fds } = this.#process;
    if (length >= AHEAD_BYTES || length === 0 || !fds.has(fd)) return undefined;
    if (this.#penalty > 0) {
      this.#penalty--;
      return undefined;
    }
    const { unread } = fds.get(fd);
    if (!unread) return undefined;
    this.#takeBack();
    if (fd !== this.#fd) this.#window = WINDOW_MIN;
    this.#fd = fd;
    const window = this.#window;
    this.#window = Math.min(2 * window, AHEAD_BYTES);
    if (length >= window) return undefined;
    this.#unread = unread;
    return this.#bytes.subarray(0, window);
  }

  /** A read into the buffer brought `count` bytes, of which `asked` were asked for: what it returns. */
  brought(count: number, asked: number): number {
    this.#hasWaited = false;
    this.#words[Word.AheadEnd] = count;
    this.#words[Word.AheadLeft] = count;
    return Math.min(count, asked);
  }

  /** Before any call: puts back what is left where the call might show it missing. */
  before(name: SyscallName, args: readonly unknown[]): void {
    if (this.#words[Word.AheadLeft] === 0 || !this.#concerns(name, args)) return;
    this.#takeBack();
  }

  #takeBack(): void {
    const left = this.#words[Word.AheadLeft] as number;
    const end = this.#words[Word.AheadEnd] as number;
    this.#words[Word.AheadLeft] = 0;
    if (left <= 0 || end > AHEAD_BYTES || left > end) return;
    this.#unread?.putBack(this.#bytes.subarray(end - left, end));
    this.#unread = undefined;
    if (left <= end / 2) return;
    this.#penalty = PENALTY;
    this.#window = WINDOW_MIN;
  }

  /** The guest waits for others, inside a call: a file may be another one when it goes on. */
  waits(): void {
    if (this.#unread?.changeable) this.#takeBack();
  }

  /** A write that it posted waited; the guest itself hears of that by its next call. */
  postWaited(): void {
    this.#hasWaited = true;
  }

  #concerns(name: SyscallName, args: readonly unknown[]): boolean {
    if (name === "read") return args[0] === this.#fd;
    const changeable = this.#unread?.changeable;
    if (changeable) {
      if (name !== "write" || this.#hasWaited) return true;
      const { fds } = this.#process;
      const target = args[0] as number;
      return fds.has(target) && fds.get(target).location?.inode === changeable;
    }
    if (name === "close") return args[0] === this.#fd;
    if (name === "openat") return String(args[1]).includes("fd");
    return !UNRELATED.has(name);
  }
}
