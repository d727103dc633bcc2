/**
 * What one client holds of a machine: descriptors, children and commands under way. They are its own, no
 * other client's; when it is gone for good they end as when a terminal is closed.
 */
import { joined } from "../../../kernel/bytes.ts";
import { Errno } from "../../../kernel/errno.ts";
import {
  type FetchAnswer,
  type FetchRequest,
  type GuestAddress,
  newToken,
} from "../../machine/network/protocol.ts";
import type {
  ExitStatus,
  Failure,
  ForkRequest,
  RunRequest,
  RunResult,
  Snapshot,
  SpawnRequest,
  SpawnResult,
  Started,
  TerminalRequest,
  TerminalResult,
} from "../../machine/protocol.ts";
import type { Arguments, Operations, Part, Result } from "../../machine/service.ts";
import { RemoteError } from "../errors.ts";
import { PIECE_BYTES } from "../protocol.ts";
import type { HeldMachine } from "./host.ts";

const S_IFMT = 0o170000;
const S_IFREG = 0o100000;

/** One client more than this holds nothing. */
const DESCRIPTORS_MAX = 4096;
const CHILDREN_MAX = 4096;

interface Child {
  readonly pid: number;
  readonly exit: Promise<ExitStatus>;
  ended: boolean;
}

let lastToken = 0;

export class Holdings {
  readonly #machine: HeldMachine;
  readonly #replyBytesMax: number;
  readonly #descriptors = new Set<number>();
  /** Those of them that stand for watched files. */
  readonly #watches = new Set<number>();
  /** Children whose end the client has not heard. */
  readonly #children = new Map<number, Child>();
  /** The machine's tokens of commands under way, by the client's. */
  readonly #runs = new Map<number, number>();
  /** The machine's tokens of requests to its servers, by the client's. */
  readonly #exchanges = new Map<number, number>();
  #released = false;

  constructor(machine: HeldMachine, replyBytesMax: number) {
    this.#machine = machine;
    this.#replyBytesMax = replyBytesMax;
  }

  /** Anything that would be lost with the machine's memory. */
  get empty(): boolean {
    const { size } = this.#descriptors;
    return size + this.#children.size + this.#runs.size + this.#exchanges.size === 0;
  }

  request<P extends Part, N extends keyof Operations[P] & string>(
    part: P,
    name: N,
    args: Arguments<P, N>,
  ): Promise<Result<P, N>> {
    return this.#machine.thread.request(this.#machine.id, part, name, args);
  }

  // Descriptors

  /** An operation whose first argument is a descriptor. */
  async using<P extends Part, N extends keyof Operations[P] & string>(
    part: P,
    name: N,
    args: Arguments<P, N>,
  ): Promise<Result<P, N>> {
    if (!this.#descriptors.has(args[0] as number)) throw badDescriptor(name);
    return this.request(part, name, args);
  }

  async open<N extends "open" | "openDirectory">(
    name: N,
    args: Arguments<"files", N>,
  ): Promise<number> {
    this.#roomForDescriptors(1);
    const fd = (await this.request("files", name, args)) as number;
    this.#take(fd);
    return fd;
  }

  async watch(path: string, recursive: boolean): Promise<number> {
    this.#roomForDescriptors(1);
    const watch = await this.request("trees", "watch", [path, recursive]);
    if (this.#released) void this.request("trees", "unwatch", [watch]).catch(() => {});
    this.#descriptors.add(watch);
    this.#watches.add(watch);
    return watch;
  }

  async unwatch(watch: number): Promise<void> {
    if (!this.#watches.delete(watch)) throw badDescriptor("unwatch");
    await this.close("trees", "unwatch", watch);
  }

  async close<P extends Part, N extends keyof Operations[P] & string>(
    part: P,
    name: N,
    fd: number,
  ): Promise<Result<P, N>> {
    if (!this.#descriptors.delete(fd)) throw badDescriptor("close");
    return this.request(part, name, [fd] as never);
  }

  // Commands

  async run(request: RunRequest): Promise<RunResult> {
    if (this.#runs.has(request.token)) throw failed(Errno.EINVAL, "run");
    const token = ++lastToken;
    this.#runs.set(request.token, token);
    // Both streams are to fit into the answer.
    const maxBuffer = Math.min(request.maxBuffer, this.#replyBytesMax >> 1);
    try {
      return await this.request("machine", "run", [{ ...request, token, maxBuffer }]);
    } finally {
      this.#runs.delete(request.token);
    }
  }

  async cancel(given: number): Promise<void> {
    const token = this.#runs.get(given);
    if (token !== undefined) await this.request("machine", "cancel", [token]);
  }

  async feed(given: number, bytes: Uint8Array): Promise<boolean> {
    const token = this.#runs.get(given);
    return token !== undefined && this.request("machine", "feed", [token, bytes]);
  }

  async endInput(given: number): Promise<void> {
    const token = this.#runs.get(given);
    if (token !== undefined) await this.request("machine", "endInput", [token]);
  }

  async spawn(request: SpawnRequest): Promise<SpawnResult> {
    this.#roomForDescriptors(3);
    const started = await this.request("machine", "spawn", [request]);
    const { stdin, stdout, stderr } = started;
    for (const fd of [stdin, stdout, stderr]) if (fd !== undefined) this.#take(fd);
    this.#adopt(started);
    return started;
  }

  async openTerminal(request: TerminalRequest): Promise<TerminalResult> {
    this.#roomForDescriptors(1);
    const started = await this.request("machine", "openTerminal", [request]);
    this.#take(started.master);
    this.#adopt(started);
    return started;
  }

  async exit(child: number): Promise<ExitStatus> {
    const known = this.#children.get(child);
    if (!known) throw failed(Errno.ECHILD, "wait4");
    try {
      return await known.exit;
    } finally {
      this.#children.delete(child);
    }
  }

  // The machine's network

  /** The exchange is held until it says itself that it is over. */
  async fetch(request: FetchRequest): Promise<FetchAnswer> {
    return this.#exchanging(request.token, async (token) => {
      const answer = await this.request("network", "fetch", [{ ...request, token }]);
      return { result: answer, goesOn: answer.body === "pieces" };
    });
  }

  async waitForPort(given: number, port: number, timeout: number | undefined): Promise<boolean> {
    return this.#exchanging(given, async (token) => {
      const result = await this.request("network", "waitForPort", [token, port, timeout]);
      return { result, goesOn: false };
    });
  }

  async exchange<N extends "sendBody" | "endBody" | "readBody" | "cancel">(
    name: N,
    given: number,
    ...rest: readonly unknown[]
  ): Promise<Result<"network", N>> {
    const token = this.#exchanges.get(given);
    if (token === undefined && name === "readBody") throw failed(Errno.EBADF, "read");
    if (token === undefined) return (name === "sendBody" ? false : undefined) as never;
    if (name === "cancel") this.#exchanges.delete(given);
    const result = await this.request("network", name, [token, ...rest] as never);
    const isOver = name === "readBody" && (result as Uint8Array).length === 0;
    if (isOver) this.#exchanges.delete(given);
    return result;
  }

  async connect(to: GuestAddress): Promise<number> {
    this.#roomForDescriptors(1);
    const fd = await this.request("network", "connect", [to]);
    this.#take(fd);
    return fd;
  }

  async #exchanging<T>(
    given: number,
    work: (token: number) => Promise<{ result: T; goesOn: boolean }>,
  ): Promise<T> {
    if (this.#exchanges.has(given)) throw failed(Errno.EINVAL, "fetch");
    if (this.#exchanges.size >= CHILDREN_MAX) throw failed(Errno.EAGAIN, "fetch");
    const token = newToken();
    this.#exchanges.set(given, token);
    let isHeld = false;
    try {
      const { result, goesOn } = await work(token);
      isHeld = goesOn;
      return result;
    } finally {
      if (!isHeld) this.#exchanges.delete(given);
    }
  }

  // The machine's state

  async snapshot(name: string | undefined): Promise<Snapshot> {
    return outward(await this.request("machine", "snapshot", [name]));
  }

  async snapshots(): Promise<Snapshot[]> {
    return (await this.request("machine", "snapshots", [])).map(outward);
  }

  async commit(): Promise<Snapshot> {
    return outward(await this.request("machine", "commit", []));
  }

  /** The new machine's name. */
  async fork(request: ForkRequest): Promise<string> {
    if (this.#machine.fork) return this.#machine.fork(request);
    const message = "machines cannot be forked on this host; copy it instead (copyMachine)";
    throw new RemoteError(501, "ERR_NOT_ON_THIS_HOST", message);
  }

  // Files

  /** As the machine's own, but it ends where more comes than an answer may hold: devices never end. */
  async readFile(path: string, flags: number): Promise<Uint8Array> {
    const { mode, size } = await this.request("files", "stat", [path]).catch(() => NOTHING);
    if (isSmallFile(mode, size, this.#replyBytesMax)) {
      return this.request("files", "readFile", [path, flags]);
    }
    const fd = await this.request("files", "open", [path, flags, 0o666]);
    try {
      return await this.#readPieces(fd, path);
    } finally {
      await this.request("files", "close", [fd]);
    }
  }

  async readToEnd(fd: number): Promise<Uint8Array> {
    const { mode, size } = await this.using("files", "fstat", [fd]);
    return isSmallFile(mode, size, this.#replyBytesMax)
      ? this.request("files", "readToEnd", [fd])
      : this.#readPieces(fd, undefined);
  }

  // The end

  /** The client will not come back: what it held is closed, and its processes get SIGHUP. */
  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    const ends: Promise<unknown>[] = [];
    for (const token of this.#runs.values()) ends.push(this.request("machine", "cancel", [token]));
    for (const token of this.#exchanges.values()) {
      ends.push(this.request("network", "cancel", [token]));
    }
    for (const fd of this.#descriptors) {
      if (this.#watches.has(fd)) ends.push(this.request("trees", "unwatch", [fd]));
      else ends.push(this.request("machine", "closeStream", [fd]));
    }
    this.#watches.clear();
    this.#descriptors.clear();
    for (const child of this.#children.values()) ends.push(this.#hangUp(child));
    await Promise.allSettled(ends);
    this.#machine.release();
  }

  /** Who ignores the signal, as under nohup, stays. */
  async #hangUp({ pid, ended }: Child): Promise<void> {
    // The number may be another's by now.
    if (ended) return;
    await this.request("machine", "kill", [-pid, "SIGHUP"]).catch(() => {});
    await this.request("machine", "kill", [-pid, "SIGCONT"]).catch(() => {});
  }

  #take(fd: number): void {
    // The client went while it was opened.
    if (this.#released) void this.request("machine", "closeStream", [fd]).catch(() => {});
    else this.#descriptors.add(fd);
  }

  /** Hears of its end at once, also where the client never asks. */
  #adopt({ child, pid }: Started): void {
    const exit = this.request("machine", "exit", [child]);
    const adopted: Child = { pid, exit, ended: false };
    const end = () => {
      adopted.ended = true;
    };
    exit.then(end, end);
    this.#children.set(child, adopted);
    if (this.#released) void this.#hangUp(adopted);
  }

  #roomForDescriptors(count: number): void {
    if (this.#descriptors.size + count > DESCRIPTORS_MAX) throw failed(Errno.EMFILE, "open");
    if (this.#children.size >= CHILDREN_MAX) throw failed(Errno.EAGAIN, "spawn");
  }

  async #readPieces(fd: number, path: string | undefined): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let total = 0;
    while (true) {
      const piece = await this.request("files", "read", [fd, PIECE_BYTES, null]);
      if (piece.length === 0) return joined(pieces);
      total += piece.length;
      if (total > this.#replyBytesMax) throw tooLarge(path, this.#replyBytesMax);
      pieces.push(piece);
    }
  }
}

/** Where the server keeps it is no client's business. */
function outward(snapshot: Snapshot): Snapshot {
  return { ...snapshot, store: { type: "memory", name: "remote" } };
}

/** What is said of a file that cannot be looked at: opening it will tell why. */
const NOTHING = { mode: 0, size: 0 };

function isSmallFile(mode: number, size: number, most: number): boolean {
  return (mode & S_IFMT) === S_IFREG && size > 0 && size < most;
}

function tooLarge(path: string | undefined, most: number): Failure {
  const message = `EFBIG: more than ${most} bytes do not fit into one answer: read it as a stream`;
  return { ...failed(Errno.EFBIG, "read"), path, message };
}

function badDescriptor(name: string): Failure {
  return failed(Errno.EBADF, name);
}

function failed(errno: number, syscall: string): Failure {
  return { failure: true, errno, syscall };
}
