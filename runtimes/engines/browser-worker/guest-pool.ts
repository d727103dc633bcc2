/**
 * Guests' workers, ready before they are asked for: one takes some ten milliseconds to start. A few new
 * ones wait, and one whose program ended by itself is given to the next program of the same machine,
 * never of another.
 */
import type { Scheduler, Timer } from "../../../kernel/index.ts";
import {
  checkReport,
  type GuestReport,
  type SpawnerReport,
  type SpawnerRequest,
} from "./messages.ts";

/** New guests that wait, unless it is said otherwise. */
const FRESH = 3;
/** Used guests that wait, of all machines together. */
const USED = 6;
/** Bytes of ended programs' memories that a guest may hold before it is thrown away with them. */
const GARBAGE_MAX = 16 << 20;
/** Milliseconds without a start after which new guests are made. */
const QUIET_MS = 10;
/** Milliseconds without a start after which used ones go. */
const IDLE_MS = 2000;

type Tell = (request: SpawnerRequest, transfer?: Transferable[]) => void;

/** One worker that programs run in. */
export class Guest {
  readonly id: number;
  readonly #port: MessagePort;
  readonly #tell: Tell;
  /** Bytes of memory that ended programs left to the garbage collector. */
  garbage = 0;
  ended = false;
  /** How the program that runs now ends, other than by `end`. */
  onReport: ((report: GuestReport) => void) | undefined;
  /** Settles when it can run programs; rejects where it cannot, or is not confined. */
  readonly ready: Promise<void>;
  #settleReady!: { resolve(): void; reject(reason: unknown): void };

  constructor(id: number, tell: Tell, data?: unknown) {
    const { port1, port2 } = new MessageChannel();
    this.id = id;
    this.#port = port1;
    this.#tell = tell;
    this.ready = new Promise((resolve, reject) => {
      this.#settleReady = { resolve, reject };
    });
    this.ready.catch(() => {});
    port1.onmessage = ({ data }: MessageEvent<unknown>) => this.#hear(checkReport(data));
    tell({ type: "spawn", id, port: port2, data }, [port2]);
  }

  run(request: unknown): void {
    this.#tell({ type: "run", id: this.id, request });
  }

  /** Ends it, wherever it is. What it shares with the kernel it may still touch for some seconds. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.#port.close();
    this.#tell({ type: "end", id: this.id });
  }

  failed(message: string): void {
    this.#hear({ type: "fault", message });
  }

  #hear(report: GuestReport): void {
    if (report.type === "ready" && report.confined) this.#settleReady.resolve();
    else if (report.type === "ready") this.#settleReady.reject(new NotConfined());
    else {
      if (report.type === "fault") this.#settleReady.reject(new Error(report.message));
      this.onReport?.(report);
    }
  }
}

/** The spawner's script came without its policy: whatever runs in its guests could reach the network. */
export class NotConfined extends Error {
  constructor() {
    super("the spawner's script was served without the policy that confines guests");
  }
}

export interface PoolOptions {
  /** New guests that wait. */
  readonly fresh?: number;
  /** Each new guest gets it with its port. */
  readonly data?: unknown;
}

export class GuestPool {
  readonly #scheduler: Scheduler;
  readonly #size: number;
  readonly #data: unknown;
  readonly #spawner: Worker;
  readonly #guests = new Map<number, Guest>();
  readonly #fresh: Guest[] = [];
  /** The oldest first. */
  readonly #used: { readonly machine: object; readonly guest: Guest }[] = [];
  #lastId = 0;
  #refill: Timer | undefined;
  #clearing: Timer | undefined;

  /** `spawner` is the spawner's worker, `source` the script of guest.ts. */
  constructor(spawner: Worker, source: string, scheduler: Scheduler, options: PoolOptions = {}) {
    this.#scheduler = scheduler;
    this.#size = options.fresh ?? FRESH;
    this.#data = options.data;
    this.#spawner = spawner;
    this.#tell({ type: "script", source });
    spawner.onmessage = ({ data }: MessageEvent<SpawnerReport>) => {
      this.#guests.get(data.failed)?.failed(data.message);
    };
    spawner.onerror = (event) => {
      for (const guest of this.#guests.values()) guest.failed(event.message || "no spawner");
    };
    this.#fresh.push(this.#make());
  }

  /** Settles when guests can run; rejects where they cannot. */
  get ready(): Promise<void> {
    const first = this.#fresh[0];
    if (!first) return Promise.resolve();
    this.#scheduleRefill();
    return first.ready;
  }

  /** A guest for a program of `machine`. */
  take(machine: object): Guest {
    this.#scheduleClearing();
    const index = this.#used.findLastIndex((entry) => entry.machine === machine);
    if (index >= 0) return this.#used.splice(index, 1)[0]?.guest as Guest;
    const ready = this.#fresh.shift() ?? this.#make();
    this.#scheduleRefill();
    return ready;
  }

  /** Takes a guest back whose program ended and left a memory of `bytes`. */
  giveBack(machine: object, guest: Guest, bytes: number): void {
    guest.garbage += bytes;
    guest.onReport = undefined;
    if (guest.garbage > GARBAGE_MAX) {
      guest.end();
      return;
    }
    this.#used.push({ machine, guest });
    if (this.#used.length > USED) this.#used.shift()?.guest.end();
    this.#scheduleClearing();
  }

  /** Ends every guest and the spawner. */
  dispose(): void {
    this.#refill?.cancel();
    this.#clearing?.cancel();
    for (const guest of [...this.#guests.values()]) guest.end();
    this.#spawner.terminate();
  }

  #scheduleClearing(): void {
    this.#clearing?.cancel();
    this.#clearing = this.#scheduler.setTimer(() => {
      for (const { guest } of this.#used.splice(0)) guest.end();
    }, IDLE_MS);
  }

  #scheduleRefill(): void {
    this.#refill?.cancel();
    if (this.#fresh.length >= this.#size) return;
    this.#refill = this.#scheduler.setTimer(() => {
      this.#fresh.push(this.#make());
      this.#scheduleRefill();
    }, QUIET_MS);
  }

  #make(): Guest {
    const guest = new Guest(++this.#lastId, this.#tell, this.#data);
    this.#guests.set(guest.id, guest);
    return guest;
  }

  readonly #tell: Tell = (request, transfer = []) => {
    if (request.type === "end") this.#guests.delete(request.id);
    this.#spawner.postMessage(request, transfer);
  };
}
