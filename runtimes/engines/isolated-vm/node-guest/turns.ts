/**
 * A Node process as a chain of tasks of its isolate. isolated-vm tells of rejections that nobody handled
 * at the end of a task, and only then; so the process gives its thread back after the main script, before
 * it waits, and now and then in between. The kernel's side calls it again at once (guest-run.ts).
 */
import type { NodeRuntime, ProcessJob } from "../../../node/guest.ts";
import { Timer } from "../../../node/loop/timer.ts";
import { type CopiedReason, ReasonFinder } from "../../../node/rejections.ts";
import { asyncWaits } from "./async-waits.ts";
import { Turn, type TurnResult } from "./turn.ts";
import type { V8Engine } from "./v8-engine.ts";

/** Tasks at the beginning that end after each callback: short programs hear of rejections as in Node. */
const FIRST_TURNS = 8;
/** Milliseconds between two ends of tasks while the process is busy. */
const BUSY_MS = 4;
const ALERT_MS = 1000;
/** How long a task may take while promises of Atomics.waitAsync are to be settled between tasks. */
const PATIENCE_MIN_MS = 1;
const PATIENCE_MAX_MS = 16;
const { now } = Date;

export class Turns {
  readonly #runtime: NodeRuntime;
  readonly #engine: V8Engine;
  readonly #reasons = new ReasonFinder();
  #process: Iterator<void, void> | undefined;
  #isWaiting = false;
  #turns = 0;
  /** Callbacks that had run when the last task ended. */
  #callbacks = 0;
  #turnedAt = 0;
  /** Where one rejection came others may: until then each callback ends a task. */
  #alertUntil = 0;
  #patience = PATIENCE_MIN_MS;
  /** Ends a wait that was begun although a task's end was still to come. */
  readonly #nudge: Timer;

  constructor(runtime: NodeRuntime, engine: V8Engine) {
    this.#runtime = runtime;
    this.#engine = engine;
    this.#nudge = new Timer(runtime.loop, () => {});
    this.#nudge.unref();
  }

  start(job: ProcessJob): TurnResult {
    this.#process = this.#runtime.run(job);
    return this.#advance();
  }

  /** Goes on after a task's end, with the reason of a rejection that came to light there. */
  resume(rejection: CopiedReason | undefined): TurnResult {
    if (!this.#isWaiting) return Turn.lost;
    this.#isWaiting = false;
    this.#reasons.stop();
    this.#turnedAt = now();
    if (asyncWaits() > 0) {
      this.#engine.runMicrotasks();
      while (this.#runtime.runTicks());
    }
    if (rejection) {
      this.#alertUntil = this.#turnedAt + ALERT_MS;
      this.#engine.reportRejection(this.#reasons.find(rejection));
      while (this.#runtime.runTicks());
    }
    return this.#advance();
  }

  #advance(): TurnResult {
    const process = this.#process as Iterator<void, void>;
    for (;;) {
      if (process.next().done) return Turn.over;
      if (!this.#isDue()) continue;
      this.#turns++;
      this.#callbacks = this.#runtime.callbacks;
      this.#isWaiting = true;
      this.#reasons.start();
      return Turn.again;
    }
  }

  #isDue(): boolean {
    const { loop, callbacks } = this.#runtime;
    if (asyncWaits() > 0 && this.#isDueForWaits()) return true;
    if (callbacks === this.#callbacks) return false;
    const time = now();
    if (this.#turns < FIRST_TURNS || !loop.isAlive || time < this.#alertUntil) return true;
    const isSoon = time - this.#turnedAt < BUSY_MS;
    if (isSoon && loop.isAboutToWait) this.#nudge.start(BUSY_MS);
    return !isSoon;
  }

  /** Soon at first, then less often: what is waited for may take long. */
  #isDueForWaits(): boolean {
    const { loop, callbacks } = this.#runtime;
    if (callbacks !== this.#callbacks) this.#patience = PATIENCE_MIN_MS;
    const left = this.#turnedAt + this.#patience - now();
    if (left <= 0) {
      this.#patience = Math.min(this.#patience * 2, PATIENCE_MAX_MS);
      return true;
    }
    if (loop.isAboutToWait) this.#nudge.start(left);
    return false;
  }
}
