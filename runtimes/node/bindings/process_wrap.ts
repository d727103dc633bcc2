/** internalBinding("process_wrap"): children, from spawn to their end (SIGCHLD, then wait4). */
import {
  KernelError,
  O_CLOEXEC,
  SIGRTMIN,
  Signal,
  signalName,
  WNOHANG,
} from "../../../kernel/abi.ts";
import { HandleWrap } from "../async-wrap.ts";
import type { BindingFactory, Environment } from "../environment.ts";
import { uvErrno } from "../errors.ts";
import { LoopHandle } from "../loop/event-loop.ts";
import { type ChildDescriptor, type SpawnOptions, spawnChild } from "../processes.ts";

interface Stdio {
  readonly type: "ignore" | "pipe" | "overlapped" | "inherit" | "fd" | "wrap";
  readonly fd?: number;
  readonly handle?: { readonly fd: number; open(fd: number): number };
  readonly readable?: boolean;
  readonly ipc?: boolean;
}

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const UV_ESRCH = -3;

export const processWrap: BindingFactory = (env) => {
  const children = new Children(env);

  class Process extends HandleWrap {
    readonly #handle = new LoopHandle(env.loop);
    /** Of a child that was started; lib/ looks whether it is there. */
    declare pid: number | undefined;

    constructor() {
      super(env, "PROCESSWRAP");
    }

    protected get handles() {
      return [this.#handle];
    }

    spawn(options: SpawnOptions & { readonly stdio?: readonly Stdio[] }): number {
      const ends = new Ends(env);
      let descriptors: ChildDescriptor[];
      try {
        descriptors = (options.stdio ?? []).map((stdio, i) => ends.make(stdio, i));
      } catch (reason) {
        ends.drop();
        return uvErrno(reason);
      }
      let pid: number;
      try {
        children.watch();
        pid = spawnChild(env, options, descriptors);
      } catch (reason) {
        // lib/ makes streams of its ends all the same, which are at their ends then.
        ends.open();
        children.check();
        return uvErrno(reason);
      }
      this.pid = pid;
      this.#handle.active = true;
      children.add(pid, (code, signal) => {
        this.#handle.active = false;
        this.makeCallback("onexit", [code, signal]);
      });
      ends.open();
      return 0;
    }

    kill(signal: number): number {
      if (this.pid === undefined || !children.has(this.pid)) return UV_ESRCH;
      try {
        env.sys.kill(this.pid, signal);
        return 0;
      } catch (reason) {
        return uvErrno(reason);
      }
    }

    protected onClose(): void {
      this.#handle.active = false;
    }
  }

  return { Process };
};

/** The two ends of what connects a child with its parent. */
class Ends {
  readonly #env: Environment;
  readonly #childEnds: number[] = [];
  readonly #parentEnds: { readonly fd: number; readonly stdio: Stdio }[] = [];

  constructor(env: Environment) {
    this.#env = env;
  }

  /** The descriptor that the child's is a duplicate of. */
  make(stdio: Stdio, index: number): ChildDescriptor {
    switch (stdio.type) {
      case "ignore":
        return undefined;
      case "pipe":
      case "overlapped": {
        const [parent, child] = this.#connect(stdio, index);
        this.#parentEnds.push({ fd: parent, stdio });
        this.#childEnds.push(child);
        return child;
      }
      case "wrap":
        return stdio.handle?.fd;
      default:
        return stdio.fd;
    }
  }

  /** Gives the parent's ends to their handles; the child has its own. */
  open(): void {
    for (const fd of this.#childEnds) this.#env.sys.close(fd);
    for (const { fd, stdio } of this.#parentEnds) stdio.handle?.open(fd);
  }

  drop(): void {
    for (const fd of this.#childEnds) this.#env.sys.close(fd);
    for (const { fd } of this.#parentEnds) this.#env.sys.close(fd);
  }

  /**
   * Standard input and output go one way: pipes, which every program knows best. All others, and the
   * channel of messages, are pairs of sockets as in libuv.
   */
  #connect(stdio: Stdio, index: number): [parent: number, child: number] {
    const { sys } = this.#env;
    if (index > 2 || stdio.ipc) {
      return sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) as [number, number];
    }
    const [reader, writer] = sys.pipe2(O_CLOEXEC) as [number, number];
    return index === 0 ? [writer, reader] : [reader, writer];
  }
}

type OnExit = (code: number, signal: string) => void;

/** Children that were not waited for. */
class Children {
  readonly #env: Environment;
  readonly #running = new Map<number, OnExit>();
  #forget: (() => void) | undefined;

  constructor(env: Environment) {
    this.#env = env;
  }

  has(pid: number): boolean {
    return this.#running.has(pid);
  }

  /** From now on the end of a child is heard; before it is spawned, lest it be missed. */
  watch(): void {
    this.#forget ??= this.#env.signals.listen(Signal.SIGCHLD, () => this.#reap());
  }

  add(pid: number, onExit: OnExit): void {
    this.#running.set(pid, onExit);
  }

  /** Stops listening where no child is left. */
  check(): void {
    if (this.#running.size > 0) return;
    this.#forget?.();
    this.#forget = undefined;
  }

  #reap(): void {
    for (const [pid, onExit] of [...this.#running]) {
      const status = this.#wait(pid);
      if (status === undefined) continue;
      this.#running.delete(pid);
      const signal = status & 0x7f;
      onExit(signal === 0 ? (status >> 8) & 0xff : 0, signalText(signal));
    }
    this.check();
  }

  /** The status of a child that has ended; undefined: it runs. */
  #wait(pid: number): number | undefined {
    try {
      const result = this.#env.sys.wait4(pid, WNOHANG);
      return result.pid === pid ? result.status : undefined;
    } catch (reason) {
      // Somebody else has waited for it.
      if (reason instanceof KernelError) return 0;
      throw reason;
    }
  }
}

/** signo_string of Node: none for 0, nor for the real-time signals. */
export function signalText(signal: number): string {
  return signal === 0 || signal >= SIGRTMIN ? "" : `SIG${signalName(signal)}`;
}
