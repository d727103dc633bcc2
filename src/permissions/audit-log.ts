/**
 * What crossed the boundary of one machine, or tried to: the latest, for whoever listens. Bounded whatever
 * a guest does: equal events that follow each other are one with a count, and what nobody has taken
 * when there are too many is dropped, and counted.
 */
import type { Asker, Crossing, Verdict } from "../../kernel/policy.ts";
import type { AuditEvent } from "../machine/embedder.ts";

/** Takes events at its own pace. */
export type AuditListener = (events: readonly AuditEvent[]) => Promise<void>;

/** Kept for those who listen from now on, and waiting for those who do. */
const KEPT = 512;
const AT_ONCE = 64;
const TEXT_MAX = 512;

type Writable = { -readonly [K in keyof AuditEvent]: AuditEvent[K] };

export class AuditLog {
  readonly #now: () => number;
  /** The latest, by number modulo its length. */
  readonly #ring: Writable[] = [];
  /** Of the next event. */
  #next = 0;
  /** By the number that they gave themselves. */
  readonly #listeners = new Map<number, Listening>();

  /** `now`: milliseconds since 1970. */
  constructor(now: () => number) {
    this.#now = now;
  }

  record(crossing: Crossing, asker: Asker, { allowed, reason }: Verdict): void {
    const last = this.#ring[(this.#next - 1) % KEPT];
    const isLast = last?.allowed === allowed && isSame(last, crossing, asker, reason);
    if (last && isLast && this.#isUntold) {
      last.count++;
      last.time = this.#now();
      return;
    }
    this.#ring[this.#next % KEPT] = {
      type: "audit",
      time: this.#now(),
      asker: { pid: asker.pid, command: short(asker.command) },
      crossing: shortened(crossing),
      allowed,
      reason: short(reason),
      count: 1,
      missed: 0,
    };
    this.#next++;
    for (const listening of this.#listeners.values()) listening.wake();
  }

  /** Whether nobody has heard of the latest event. */
  get #isUntold(): boolean {
    for (const { cursor } of this.#listeners.values()) if (cursor >= this.#next) return false;
    return true;
  }

  /** Tells `listener` of what is kept and of what comes; undefined ends it, once it has heard everything. */
  async listen(number: number, listener: AuditListener | undefined): Promise<void> {
    const before = this.#listeners.get(number);
    this.#listeners.delete(number);
    await before?.end();
    if (!listener) return;
    const listening = new Listening((cursor) => this.#after(cursor), listener);
    this.#listeners.set(number, listening);
    listening.wake();
  }

  /** Some events from number `cursor` on, copied, and the number behind them. */
  #after(cursor: number): { events: AuditEvent[]; cursor: number } {
    const start = Math.max(cursor, this.#next - KEPT);
    const end = Math.min(start + AT_ONCE, this.#next);
    const events: AuditEvent[] = [];
    for (let number = start; number < end; number++) {
      const event = this.#ring[number % KEPT] as AuditEvent;
      events.push(number === start ? { ...event, missed: start - cursor } : { ...event });
    }
    return { events, cursor: end };
  }
}

/** One listener, and how far it has heard. */
class Listening {
  cursor = 0;
  readonly #take: (cursor: number) => { events: AuditEvent[]; cursor: number };
  readonly #listener: AuditListener;
  #telling: Promise<void> | undefined;

  constructor(
    take: (cursor: number) => { events: AuditEvent[]; cursor: number },
    listener: AuditListener,
  ) {
    this.#take = take;
    this.#listener = listener;
  }

  wake(): void {
    this.#telling ??= this.#tell().finally(() => {
      this.#telling = undefined;
    });
  }

  async end(): Promise<void> {
    await this.#telling;
  }

  async #tell(): Promise<void> {
    // What is decided in the same turn is told together.
    await undefined;
    while (true) {
      const { events, cursor } = this.#take(this.cursor);
      if (events.length === 0) return;
      this.cursor = cursor;
      // Who cannot be told any more is about to be gone.
      await this.#listener(events).catch(() => {});
    }
  }
}

function isSame(last: AuditEvent, crossing: Crossing, asker: Asker, reason: string): boolean {
  if (last.crossing.kind !== crossing.kind || last.reason !== short(reason)) return false;
  if (last.asker.command !== short(asker.command)) return false;
  const before = last.crossing as Record<string, unknown>;
  const now = crossing as Record<string, unknown>;
  for (const name in now) {
    const value = now[name];
    if (before[name] !== (typeof value === "string" ? short(value) : value)) return false;
  }
  for (const name in before) if (!(name in now)) return false;
  return true;
}

/** Its texts are the guest's, as long as it likes. */
function shortened(crossing: Crossing): Crossing {
  const copy: Record<string, unknown> = { ...crossing };
  for (const name in copy) {
    const value = copy[name];
    if (typeof value === "string") copy[name] = short(value);
  }
  return copy as Crossing;
}

function short(text: string): string {
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}...` : text;
}
