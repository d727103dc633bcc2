/**
 * Connections of the host's to the machine's HTTP servers that are kept for the next request. Each waits
 * a little less than Node's servers do, so that it is seldom closed from their side just as it is used.
 */
import type { Kernel, Timer } from "../../../kernel/index.ts";
import type { ClientConnection } from "../../http/client-connection.ts";
import { dial } from "./dial.ts";
import { GuestStream } from "./guest-stream.ts";
import type { GuestAddress } from "./protocol.ts";

const IDLE_MS = 4_000;
/** Kept for one server, and for all. */
const IDLE_EACH = 8;
const IDLE_MAX = 64;

export interface Pooled {
  readonly connection: ClientConnection;
  readonly stream: GuestStream;
  /** It has carried a request before: its server may have closed it meanwhile. */
  readonly isUsed: boolean;
}

interface Idle extends Pooled {
  readonly timer: Timer;
}

export class ConnectionPool {
  readonly #kernel: Kernel;
  readonly #idle = new Map<string, Idle[]>();
  #count = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** One that waits, or with `fresh` a new one in any case. */
  async take(to: GuestAddress, fresh: boolean): Promise<Pooled> {
    const waiting = fresh ? undefined : this.#idle.get(keyOf(to));
    for (let one = waiting?.pop(); one; one = waiting?.pop()) {
      this.#count--;
      one.timer.cancel();
      if (one.stream.isQuiet) return { ...one, isUsed: true };
      one.connection.abort();
    }
    // HTTP is loaded where it is first spoken.
    const { ClientConnection } = await import("../../http/client-connection.ts");
    const stream = new GuestStream(this.#kernel, await dial(this.#kernel, to));
    return { connection: new ClientConnection(stream), stream, isUsed: false };
  }

  /** It is free again. */
  give(to: GuestAddress, pooled: Pooled): void {
    const key = keyOf(to);
    const waiting = this.#idle.get(key) ?? [];
    if (waiting.length >= IDLE_EACH || this.#count >= IDLE_MAX) {
      pooled.connection.abort();
      return;
    }
    const timer = this.#kernel.host.scheduler.setTimer(() => {
      waiting.splice(waiting.indexOf(idle), 1);
      this.#count--;
      if (waiting.length === 0) this.#idle.delete(key);
      idle.connection.abort();
    }, IDLE_MS);
    const idle = { ...pooled, timer };
    waiting.push(idle);
    this.#count++;
    this.#idle.set(key, waiting);
  }

  close(): void {
    for (const { timer, connection } of [...this.#idle.values()].flat()) {
      timer.cancel();
      connection.abort();
    }
    this.#idle.clear();
    this.#count = 0;
  }
}

function keyOf(to: GuestAddress): string {
  return "path" in to ? to.path : `${to.host ?? ""}:${to.port}`;
}
