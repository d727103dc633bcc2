/**
 * A Node process as a chain of tasks of its isolate. isolated-vm tells of rejections that nobody handled
 * at the end of a task, and only then; so the process gives its thread back after the main script, before
 * it waits, and now and then in between. The kernel's side calls it again at once (guest-run.ts).
 */
import type { NodeRuntime, ProcessJob } from "../../../node/guest.ts";
import { type CopiedReason, ReasonFinder } from "../../../node/rejections.ts";
import { Turn, type TurnResult } from "./turn.ts";
import type { V8Engine } from "./v8-engine.ts";

/** Steps at the beginning that each end a task: short programs hear of rejections as soon as in Node. */
const FIRST_STEPS = 8;
/** Milliseconds between two ends of tasks while the process is busy. */
const BUSY_MS = 4;
const { now } = Date;

export class Turns {
  readonly #runtime: NodeRuntime;
  readonly #engine: V8Engine;
  readonly #reasons = new ReasonFinder();
  #process: Generator<void, void> | undefined;
  #isWaiting = false;
  #steps = 0;
  #stepsAtTurn = 0;
  #turnedAt = 0;

  constructor(runtime: NodeRuntime, engine: V8Engine) {
    this.#runtime = runtime;
    this.#engine = engine;
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
    if (rejection) {
      this.#engine.reportRejection(this.#reasons.find(rejection));
      while (this.#runtime.runTicks());
    }
    return this.#advance();
  }

  #advance(): TurnResult {
    const process = this.#process as Generator<void, void>;
    for (;;) {
      if (process.next().done) return Turn.over;
      this.#steps++;
      if (!this.#isDue()) continue;
      this.#stepsAtTurn = this.#steps;
      this.#isWaiting = true;
      this.#reasons.start();
      return Turn.again;
    }
  }

  #isDue(): boolean {
    if (this.#steps <= FIRST_STEPS) return true;
    const { loop } = this.#runtime;
    // Being about to wait is a step as well; alone it brings nothing new.
    if (loop.isAboutToWait) return this.#steps > this.#stepsAtTurn + 1;
    return !loop.isAlive || now() - this.#turnedAt >= BUSY_MS;
  }
}
