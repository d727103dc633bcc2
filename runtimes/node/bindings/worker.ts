/** internalBinding("worker"): threads of the process, each in an isolate of its own. */
import {
  AF_UNIX,
  decodeUtf8,
  Errno,
  KernelError,
  O_CLOEXEC,
  O_NONBLOCK,
  POLLIN,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
} from "../../../kernel/abi.ts";
import { AsyncWrap } from "../async-wrap.ts";
import type { BindingFactory } from "../environment.ts";
import { LoopHandle, Watcher } from "../loop/event-loop.ts";
import type { PortEnd } from "../messaging/port-link.ts";
import { endOf } from "../messaging/thread-wire.ts";
import type { ThreadStatus } from "../threads.ts";

/** Indices into resourceLimits. */
const Limit = {
  kMaxYoungGenerationSizeMb: 0,
  kMaxOldGenerationSizeMb: 1,
  kCodeRangeSizeMb: 2,
  kStackSizeMb: 3,
  kTotalResourceLimitCount: 4,
};
const STATUS_MAX = 4096;

export const worker: BindingFactory = (env) => {
  const isMainThread = !env.isWorkerThread;
  const createPort = (end: PortEnd) =>
    env.internalBinding<{ createPort: (end: PortEnd) => object }>("messaging").createPort(end);
  let lastId = 0;

  class Worker extends AsyncWrap {
    readonly threadId: number;
    readonly messagePort: object;
    readonly #handle = new LoopHandle(env.loop);
    readonly #name: string;
    readonly #environment: readonly string[];
    readonly #execArgv: readonly string[];
    readonly #limits: Float64Array;
    readonly #isInternal: boolean;
    readonly #portFd: number;
    #status: { readonly fd: number; readonly watcher: Watcher } | undefined;
    onexit: ((code: number, error?: string, reason?: string) => void) | null = null;

    constructor(
      _url: string | null,
      environment: Record<string, string> | null | undefined,
      execArgv: readonly string[] | undefined,
      limits: Float64Array | undefined,
      _trackUnmanagedFds: boolean,
      isInternal: boolean,
      name: string,
    ) {
      super(env, "WORKER");
      // Threads of threads get numbers of their own, far from others'.
      this.threadId = (env.threads.self?.id ?? 0) * THREADS_OF_THREAD + ++lastId;
      this.#name = name;
      this.#isInternal = isInternal;
      this.#limits = limits ?? new Float64Array(Limit.kTotalResourceLimitCount);
      const own = environment ?? (env.process["env"] as Record<string, string>);
      this.#environment = Object.keys(own).map((key) => `${key}=${own[key]}`);
      this.#execArgv =
        execArgv ?? env.internalBinding<{ execArgv: string[] }>("options").execArgv ?? [];
      const [mine, theirs] = env.sys.socketpair(
        AF_UNIX,
        SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
        0,
      ) as readonly [number, number];
      this.#portFd = theirs;
      this.messagePort = createPort(endOf(env, mine, new Uint8Array(0)));
    }

    startThread(): void {
      const [fd, statusFd] = env.sys.pipe2(O_CLOEXEC | O_NONBLOCK) as readonly [number, number];
      const watcher = new Watcher(env.loop, fd, () => this.#onStatus());
      watcher.unref();
      watcher.events = POLLIN;
      this.#status = { fd, watcher };
      this.#handle.active = true;
      env.threads.start({
        id: this.threadId,
        name: this.#name,
        portFd: this.#portFd,
        statusFd,
        argv: [env.argv[0] ?? "node", ...this.#execArgv],
        envp: this.#environment,
        heapMegabytes: Math.max(0, this.#limits[Limit.kMaxOldGenerationSizeMb] ?? 0),
        isInternal: this.#isInternal,
      });
    }

    stopThread(): void {
      if (this.#status) env.threads.stop(this.threadId);
    }

    get threadName(): string {
      return this.#name;
    }

    ref(): void {
      this.#handle.ref();
    }

    unref(): void {
      this.#handle.unref();
    }

    hasRef(): boolean {
      return this.#handle.active && this.#handle.referenced;
    }

    getResourceLimits(): Float64Array {
      return this.#limits;
    }

    loopStartTime(): number {
      return -1;
    }

    loopIdleTime(): number {
      return 0;
    }

    /** The thread has ended, and says how. */
    #onStatus(): void {
      const { fd, watcher } = this.#status as { fd: number; watcher: Watcher };
      const buffer = new Uint8Array(STATUS_MAX);
      let count = 0;
      try {
        count = env.sys.read(fd, buffer);
      } catch (reason) {
        if (reason instanceof KernelError && reason.errno === Errno.EAGAIN) return;
      }
      watcher.events = 0;
      env.sys.close(fd);
      this.#status = undefined;
      this.#handle.active = false;
      const status: ThreadStatus =
        count > 0 ? JSON.parse(decodeUtf8(buffer.subarray(0, count))) : { code: 1 };
      this.makeCallback("onexit", [status.code, status.error ?? null, status.reason ?? null]);
    }
  }

  const binding = {
    Worker,
    ...Limit,
    threadId: 0,
    threadName: isMainThread ? "" : "WorkerThread",
    isMainThread,
    isInternalThread: false,
    ownsProcessState: isMainThread,
    resourceLimits: new Float64Array(Limit.kTotalResourceLimitCount),
    getEnvMessagePort(): object | undefined {
      return envPort;
    },
  };
  let envPort: object | undefined;
  env.onStart(() => {
    const { self } = env.threads;
    if (!self) return;
    binding.threadId = self.id;
    binding.threadName = self.name || "WorkerThread";
    binding.isInternalThread = self.isInternal;
    binding.resourceLimits[Limit.kMaxOldGenerationSizeMb] = self.heapMegabytes;
    envPort = createPort(endOf(env, self.portFd, new Uint8Array(0)));
  });
  return binding;
};

const THREADS_OF_THREAD = 1000;
