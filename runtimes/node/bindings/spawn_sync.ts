/** internalBinding("spawn_sync"): a child that is waited for, its output gathered meanwhile. */
import {
  Errno,
  F_GETFL,
  F_SETFL,
  KernelError,
  O_CLOEXEC,
  O_NONBLOCK,
  POLLIN,
  POLLOUT,
  SIG_BLOCK,
  SIG_SETMASK,
  Signal,
  WNOHANG,
} from "../../../kernel/abi.ts";
import type { BindingFactory, Environment } from "../environment.ts";
import { uvErrno } from "../errors.ts";
import { type ChildDescriptor, type SpawnOptions, spawnChild } from "../processes.ts";
import { signalText } from "./process_wrap.ts";

interface Stdio {
  readonly type: "ignore" | "pipe" | "overlapped" | "inherit" | "fd" | "wrap";
  readonly fd?: number;
  readonly handle?: { readonly fd: number };
  readonly readable?: boolean;
  readonly input?: ArrayBufferView | null;
}

interface Options extends SpawnOptions {
  readonly stdio: readonly Stdio[];
  readonly timeout?: number;
  readonly maxBuffer?: number;
  readonly killSignal?: number;
}

const UV_ENOBUFS = -105;
const UV_ETIMEDOUT = -110;
const SIGCHLD_BIT = 1n << BigInt(Signal.SIGCHLD - 1);
const CLOCK_MONOTONIC = 1;
const READ_SIZE = 65_536;

export const spawnSync: BindingFactory = (env) => ({
  spawn: (options: Options) => new Child(env, options).run(),
});

/** The parent's end of a pipe: what goes in, or what has come out. */
interface End {
  readonly index: number;
  fd: number;
  readonly input: Uint8Array | undefined;
  written: number;
  readonly chunks: Uint8Array[];
}

class Child {
  readonly #env: Environment;
  readonly #options: Options;
  readonly #ends: End[] = [];
  readonly #childEnds: number[] = [];
  #pid = 0;
  #status: number | undefined;
  #error = 0;
  #received = 0;
  #killed = false;

  constructor(env: Environment, options: Options) {
    this.#env = env;
    this.#options = options;
  }

  run(): Record<string, unknown> {
    const { sys, signals } = this.#env;
    const forget = signals.listen(Signal.SIGCHLD, () => {});
    // Only the poll may be interrupted: a child that ends right before it must not be missed.
    const mask = sys.rt_sigprocmask(SIG_BLOCK, SIGCHLD_BIT);
    try {
      if (this.#start()) this.#attend(mask & ~SIGCHLD_BIT);
    } finally {
      for (const end of this.#ends) this.#close(end);
      sys.rt_sigprocmask(SIG_SETMASK, mask);
      forget();
    }
    return this.#result();
  }

  #start(): boolean {
    const { sys } = this.#env;
    try {
      const descriptors = this.#options.stdio.map((stdio, i) => this.#connect(stdio, i));
      this.#pid = spawnChild(this.#env, this.#options, descriptors);
      return true;
    } catch (reason) {
      this.#error = uvErrno(reason);
      return false;
    } finally {
      for (const fd of this.#childEnds) sys.close(fd);
    }
  }

  #connect(stdio: Stdio, index: number): ChildDescriptor {
    const { sys } = this.#env;
    if (stdio.type === "ignore") return undefined;
    if (stdio.type === "wrap") return stdio.handle?.fd;
    if (stdio.type !== "pipe" && stdio.type !== "overlapped") return stdio.fd;
    const [reader, writer] = sys.pipe2(O_CLOEXEC) as [number, number];
    const toChild = stdio.readable === true;
    const [own, child] = toChild ? [writer, reader] : [reader, writer];
    this.#childEnds.push(child);
    const view = stdio.input;
    const input = view ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : undefined;
    if (toChild && (!input || input.length === 0)) sys.close(own);
    else {
      if (toChild) sys.fcntl(own, F_SETFL, sys.fcntl(own, F_GETFL, 0) | O_NONBLOCK);
      this.#ends.push({ index, fd: own, input, written: 0, chunks: [] });
    }
    return child;
  }

  /** Until the child has ended and its pipes are empty. */
  #attend(mask: bigint): void {
    const { sys } = this.#env;
    const { timeout = 0 } = this.#options;
    const deadline = timeout > 0 ? this.#now() + timeout : Infinity;
    const buffer = new Uint8Array(READ_SIZE);
    for (;;) {
      const open = this.#ends.filter(({ fd }) => fd >= 0);
      if (open.length === 0 && deadline === Infinity) {
        this.#waitFor(0);
        return;
      }
      this.#waitFor(WNOHANG);
      if (this.#status !== undefined && open.length === 0) return;
      const left = deadline - this.#now();
      if (left <= 0 && !this.#killed) {
        this.#error ||= UV_ETIMEDOUT;
        this.#kill();
        continue;
      }
      const wait = left === Infinity || this.#killed ? undefined : BigInt(Math.ceil(left * 1e6));
      const fds = open.map(({ fd, input }) => ({ fd, events: input ? POLLOUT : POLLIN }));
      let events: readonly number[];
      try {
        events = sys.ppoll(fds, wait, mask);
      } catch (reason) {
        if (!(reason instanceof KernelError) || reason.errno !== Errno.EINTR) throw reason;
        continue;
      }
      for (const [i, end] of open.entries()) {
        if (events[i] === 0 || end.fd < 0) continue;
        if (end.input) this.#write(end, end.input);
        else this.#read(end, buffer);
      }
    }
  }

  #read(end: End, buffer: Uint8Array): void {
    const count = this.#env.sys.read(end.fd, buffer);
    if (count === 0) {
      this.#close(end);
      return;
    }
    end.chunks.push(buffer.slice(0, count));
    this.#received += count;
    const { maxBuffer = 0 } = this.#options;
    if (maxBuffer > 0 && this.#received > maxBuffer) {
      this.#error ||= UV_ENOBUFS;
      this.#kill();
    }
  }

  #write(end: End, input: Uint8Array): void {
    try {
      end.written += this.#env.sys.write(end.fd, input.subarray(end.written));
    } catch (reason) {
      if (!(reason instanceof KernelError)) throw reason;
      if (reason.errno === Errno.EAGAIN) return;
      // A child that does not read its input has no need of it.
      if (reason.errno !== Errno.EPIPE) this.#error ||= -reason.errno;
      this.#close(end);
      return;
    }
    if (end.written === input.length) this.#close(end);
  }

  /** Ends it, and hears of it no more. */
  #kill(): void {
    if (this.#killed) return;
    this.#killed = true;
    for (const end of this.#ends) this.#close(end);
    if (this.#status !== undefined) return;
    const { killSignal } = this.#options;
    const signal = typeof killSignal === "number" && killSignal > 0 ? killSignal : Signal.SIGTERM;
    try {
      this.#env.sys.kill(this.#pid, signal);
    } catch (reason) {
      if (!(reason instanceof KernelError)) throw reason;
      if (reason.errno !== Errno.ESRCH) this.#env.sys.kill(this.#pid, Signal.SIGKILL);
    }
  }

  #waitFor(options: number): void {
    while (this.#status === undefined) {
      try {
        const { pid, status } = this.#env.sys.wait4(this.#pid, options);
        if (pid !== 0) this.#status = status;
        return;
      } catch (reason) {
        if (!(reason instanceof KernelError)) throw reason;
        if (reason.errno === Errno.ECHILD) this.#status = 0;
        else if (reason.errno !== Errno.EINTR) throw reason;
      }
    }
  }

  #close(end: End): void {
    if (end.fd < 0) return;
    this.#env.sys.close(end.fd);
    end.fd = -1;
  }

  #now(): number {
    return Number(this.#env.sys.clock_gettime(CLOCK_MONOTONIC)) / 1e6;
  }

  #result(): Record<string, unknown> {
    const result: Record<string, unknown> = { pid: this.#pid };
    if (this.#error !== 0) result["error"] = this.#error;
    const status = this.#status;
    const signal = status === undefined ? 0 : status & 0x7f;
    result["status"] = status === undefined || signal !== 0 ? null : (status >> 8) & 0xff;
    result["signal"] = signal === 0 ? null : signalText(signal);
    result["output"] = status === undefined ? null : this.#output();
    return result;
  }

  #output(): unknown[] {
    const { Buffer } = this.#env.requireBuiltin<{
      Buffer: { concat(chunks: readonly Uint8Array[]): unknown };
    }>("buffer");
    return this.#options.stdio.map(({ type, readable }, i) => {
      if ((type !== "pipe" && type !== "overlapped") || readable) return null;
      return Buffer.concat(this.#ends.find(({ index }) => index === i)?.chunks ?? []);
    });
  }
}
