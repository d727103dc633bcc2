/**
 * The kernel's worker as the page sees it: started with the first machine, shared by all machines of the
 * page. Should it fail, every call of every machine rejects, and the next machine gets a new one.
 */
import { type Remote, wrap } from "comlink";
import { KERNEL_WORKER } from "../../browser-files/names.ts";
import { IsopodError } from "../../errors.ts";
import { type Ask, NearEmbedders } from "../../thread/embedder-calls.ts";
import type { KernelThread } from "../../thread/kernel-thread.ts";
import type { Fault, Trace, WorkerService } from "../../thread/worker-messages.ts";

/** The window's, beyond what the types of workers tell; a worker may use the library as well. */
const { document } = globalThis as {
  document?: EventTarget & { readonly visibilityState: string };
};

/** The first message to the worker; comlink's follow. */
export interface Configure {
  /** Address of the folder that holds what dist/browser holds. */
  readonly base: string;
  /** Bytes of all guests' memories together; undefined: as the machine allows. */
  readonly commandMemory: number | undefined;
}

/** From the worker: programs run in its own thread, and one that computes holds it up. */
export interface Inline {
  readonly inline: true;
}

type TabService = WorkerService & { ping(): void };

/** Milliseconds between two questions whether the worker still answers, and for how long it may not. */
const PING_MS = 2000;
const PATIENCE_MS = 20_000;
const ADVICE = "on a cross-origin isolated page such a program ends alone (see enableIsolation)";

const threads = new Map<string, TabThread>();

/** The page's one kernel for the files at `base`. */
export function tabThread(configure: Configure): KernelThread {
  const { base } = configure;
  const known = threads.get(base);
  if (known && !known.dead) return known;
  const made = new TabThread(configure);
  threads.set(base, made);
  return made;
}

class TabThread implements KernelThread {
  readonly #worker: Worker;
  readonly #service: Remote<TabService>;
  readonly #embedders = new NearEmbedders();
  readonly #tracers = new Map<number, (lines: string[]) => void>();
  /** Rejects each call that is under way. */
  readonly #pending = new Set<(reason: unknown) => void>();
  /** Machines in a store that are committed without being asked. */
  readonly #kept = new Set<number>();
  #death: IsopodError | undefined;

  constructor(configure: Configure) {
    const script = new URL(KERNEL_WORKER, configure.base);
    this.#worker = new Worker(script, { type: "module", name: "isopod-kernel" });
    this.#worker.onerror = (event) => {
      this.#died(event.message || `${script} was not loaded as a worker's script`);
    };
    this.#worker.addEventListener(
      "message",
      ({ data }: MessageEvent<Partial<Fault & Trace & Inline & Ask>>) => {
        if (this.#embedders.hear(data, (answer) => this.#worker.postMessage(answer))) return;
        const { fault, trace, lines = [], inline } = data;
        if (inline) this.#watch();
        else if (fault !== undefined) this.#died(fault);
        else if (trace !== undefined) this.#tracers.get(trace)?.(lines);
      },
    );
    this.#worker.postMessage(configure);
    this.#service = wrap<TabService>(this.#worker);
    document?.addEventListener("visibilitychange", this.#commitIfHidden);
  }

  get dead(): boolean {
    return this.#death !== undefined;
  }

  create: KernelThread["create"] = async (options, embedder) => {
    const number = embedder && this.#embedders.add(embedder);
    const id = await this.#call(() => this.#service.create(options, number));
    const { store, commit } = options.state ?? {};
    if (store && store.type !== "memory" && commit !== "manual") this.#kept.add(id);
    return id;
  };

  request: KernelThread["request"] = (id, part, name, args) =>
    this.#call(() => this.#service.request(id, part, name as never, args as never) as never);

  trace: KernelThread["trace"] = async (id, listener) => {
    if (listener) this.#tracers.set(id, listener);
    // Its lines come before the answer that ends it.
    await this.#call(() => this.#service.trace(id, listener !== undefined));
    if (!listener) this.#tracers.delete(id);
  };

  dispose: KernelThread["dispose"] = async (id) => {
    this.#tracers.delete(id);
    this.#kept.delete(id);
    // A machine whose kernel died is gone already.
    if (this.#death) return;
    await this.#call(() => this.#service.dispose(id)).catch((reason) => {
      if (!this.#death) throw reason;
    });
  };

  /** Who looks away may never come back: what is kept is brought to safety. */
  readonly #commitIfHidden = (): void => {
    if (document?.visibilityState !== "hidden") return;
    for (const id of this.#kept) {
      // What fails now is tried again by the machine's own policy, which reports it.
      this.request(id, "machine", "commit", []).catch(() => {});
    }
  };

  #call<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#death) return reject(this.#death);
      this.#pending.add(reject);
      work()
        .then(resolve, reject)
        .finally(() => this.#pending.delete(reject));
    });
  }

  /** Nothing but its end stops a program that computes in the worker's own thread. */
  #watch(): void {
    let heard = performance.now();
    let asking = false;
    const watch = setInterval(() => {
      if (this.#death) return clearInterval(watch);
      if (!asking) {
        asking = true;
        void this.#service.ping().then(() => {
          asking = false;
          heard = performance.now();
        });
      } else if (performance.now() - heard > PATIENCE_MS) {
        this.#died(`a program computed for ${PATIENCE_MS / 1000} s without a pause; ${ADVICE}`);
      }
    }, PING_MS);
  }

  #died(why: string): void {
    if (this.#death) return;
    const message = `the kernel's worker died, and every machine with it: ${why}`;
    this.#death = new IsopodError("ERR_KERNEL_DIED", message);
    this.#worker.terminate();
    document?.removeEventListener("visibilitychange", this.#commitIfHidden);
    for (const reject of this.#pending) reject(this.#death);
    this.#pending.clear();
  }
}
