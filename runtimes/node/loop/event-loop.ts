/**
 * The event loop of one Node process, in the shape of libuv's: timers, pending callbacks, one blocking
 * poll in the kernel, check, closing. It knows descriptors and callbacks; what they mean is the bindings'.
 */

import type { BlockingSyscalls, PollFd } from "../../../kernel/abi.ts";
import { Errno, KernelError, POLLERR, POLLHUP, POLLNVAL } from "../../../kernel/abi.ts";

import type { Steps } from "./steps.ts";
import type { Timer } from "./timer.ts";

/** Something that keeps the loop alive while it is active and referenced: libuv's handle. */
export class LoopHandle {
  readonly loop: EventLoop;
  #active = false;
  #referenced = true;

  constructor(loop: EventLoop) {
    this.loop = loop;
  }

  get active(): boolean {
    return this.#active;
  }

  set active(value: boolean) {
    if (this.#active === value) return;
    this.#active = value;
    if (this.#referenced) this.loop.count(value ? 1 : -1);
  }

  get referenced(): boolean {
    return this.#referenced;
  }

  ref(): void {
    if (this.#referenced) return;
    this.#referenced = true;
    if (this.#active) this.loop.count(1);
  }

  unref(): void {
    if (!this.#referenced) return;
    this.#referenced = false;
    if (this.#active) this.loop.count(-1);
  }
}

/** Waits for events of a descriptor: libuv's uv_poll. Active while it has events to wait for. */
export class Watcher extends LoopHandle {
  readonly fd: number;
  readonly onEvents: (revents: number) => void;
  #events = 0;

  constructor(loop: EventLoop, fd: number, onEvents: (revents: number) => void) {
    super(loop);
    this.fd = fd;
    this.onEvents = onEvents;
  }

  get events(): number {
    return this.#events;
  }

  /** POLLIN, POLLOUT or both; 0 stops. */
  set events(events: number) {
    this.#events = events;
    this.loop.watch(this, events !== 0);
    this.active = events !== 0;
  }
}

/** What timers and immediates of `lib/` are driven by: the timers binding puts itself here. */
export interface TimerDriver {
  /** Milliseconds of `now` at which to call `runTimers`; Infinity: never. */
  readonly expiry: number;
  readonly timersReferenced: boolean;
  runTimers(): Steps;
  /** Immediates that wait, those that hold the loop, and what runs them. */
  readonly immediates: number;
  readonly referencedImmediates: number;
  runImmediates(): Steps;
}

/** What is reported whether it was asked for or not; a descriptor that was closed is the watcher's to see. */
const FAILURES = POLLERR | POLLHUP | POLLNVAL;
const NANOSECONDS = 1_000_000n;
const CLOCK_MONOTONIC = 1;
const NOTHING: readonly number[] = [];
/** Milliseconds without an event after which a process counts as idle. */
const IDLE_MS = 1000;
/** Milliseconds for which JavaScript's clock, which may be set, is as good as the kernel's. */
const EXACT_MS = 250;
/** Rounds of callbacks that a poll's callbacks queue, before the loop goes on; libuv's number. */
const PENDING_ROUNDS = 8;

export class EventLoop {
  readonly #sys: () => BlockingSyscalls;
  /** True where a signal came that was not handed over yet. */
  signalsWait: () => boolean = () => false;
  /** Hands signals over. */
  onIteration: () => void = () => {};
  timers: TimerDriver | undefined;
  /** Called when it begins to run, and what it has done since: milliseconds of waiting, turns, events. */
  onStart: () => void = () => {};
  /** Called when nothing is left to do, before the process ends by itself. */
  onEnd: () => void = () => {};
  idleTime = 0;
  iterations = 0;
  events = 0;
  /** Called where nothing has happened for a while, and may not for some more. */
  onIdle: (() => void) | undefined;
  /** True in the step before a wait that may take long. */
  isAboutToWait = false;
  /** Timers of bindings that run; their own bookkeeping. */
  readonly ownTimers = new Set<Timer>();
  #alive = 0;
  #requests = 0;
  readonly #watchers = new Set<Watcher>();
  #pending: (() => void)[] = [];
  /** Requests whose work is done in the next poll, each turn those that were there before it. */
  #queued: (() => void)[] = [];
  #closing: (() => void)[] = [];
  #now = 0;
  /** JavaScript's clock when `now` was set. */
  #stamp = 0;
  /** Until when, by that clock, its milliseconds may be added to the kernel's time. */
  #exactUntil = 0;
  #stopped = false;

  constructor(sys: () => BlockingSyscalls) {
    this.#sys = sys;
  }

  /** Milliseconds of the monotonic clock, as of this turn of the loop. */
  get now(): number {
    return this.#now;
  }

  /** The same, without asking the kernel: by the milliseconds that JavaScript's own clock went on. */
  refreshTime(): void {
    const passed = Date.now() - this.#stamp;
    if (passed <= 0) return;
    this.#now += passed;
    this.#stamp += passed;
  }

  updateTime(): void {
    this.#setTime(this.#sys().clock_gettime(CLOCK_MONOTONIC));
  }

  #setTime(time: bigint): void {
    this.#stamp = Date.now();
    this.#exactUntil = this.#stamp + EXACT_MS;
    this.#now = Number(time / NANOSECONDS);
  }

  /** Handles' own bookkeeping. */
  count(change: 1 | -1): void {
    this.#alive += change;
  }

  /** Watchers' own bookkeeping. */
  watch(watcher: Watcher, on: boolean): void {
    if (on) this.#watchers.add(watcher);
    else this.#watchers.delete(watcher);
  }

  /**
   * A request whose work is done when the loop comes to it: libuv's thread pool, as seen from the
   * outside. `work` answers what to call; between the two nothing of the program runs.
   */
  request(work: () => void): void {
    this.#requests++;
    this.#queued.push(() => {
      this.#requests--;
      work();
    });
  }

  /** A callback for the next turn that does not hold the loop by itself. */
  post(callback: () => void): void {
    this.#pending.push(callback);
  }

  /** A request that ends elsewhere: until `end` is called it holds the loop. */
  beginRequest(): () => void {
    let open = true;
    this.#requests++;
    return () => {
      if (open) this.#requests--;
      open = false;
    };
  }

  /** Runs `callback` in the closing phase, where handles report that they are closed. */
  close(callback: () => void): void {
    this.#closing.push(callback);
  }

  stop(): void {
    this.#stopped = true;
  }

  get isAlive(): boolean {
    const { timers } = this;
    return (
      this.#alive > 0 ||
      this.#requests > 0 ||
      this.#pending.length > 0 ||
      this.#closing.length > 0 ||
      (timers !== undefined &&
        (timers.referencedImmediates > 0 || (timers.timersReferenced && timers.expiry < Infinity)))
    );
  }

  /**
   * uv_run: until nothing holds the loop. It is a generator because not every engine can run microtasks
   * at once: at each step, after a callback, whoever drives it may let the engine do so.
   */
  *run(): Steps {
    this.#stopped = false;
    this.onStart();
    this.onStart = () => {};
    this.updateTime();
    if (this.isAlive) yield this.#runTimers();
    while (this.isAlive && !this.#stopped) {
      this.iterations++;
      const mayWait = this.#pending.length === 0 && this.#queued.length === 0;
      const queued = this.#queued;
      this.#queued = [];
      yield this.#runPending();
      this.isAboutToWait = mayWait && !this.#stopped && this.#timeout() !== 0;
      yield;
      this.isAboutToWait = false;
      const waits = mayWait && !this.#stopped && !this.signalsWait();
      yield this.#poll(waits ? this.#timeout() : 0);
      yield this.#runAll(queued);
      // As in libuv behind all there is to read: a child's last words come before its end.
      this.onIteration();
      yield;
      for (let i = 0; i < PENDING_ROUNDS && this.#pending.length > 0; i++) {
        yield this.#runPending();
      }
      if (this.timers && this.timers.immediates > 0) yield this.timers.runImmediates();
      yield this.#runClosing();
      this.#passTime();
      yield this.#runTimers();
    }
  }

  /** Milliseconds that the poll may take; undefined: as long as it likes. */
  #timeout(): number | undefined {
    const { timers } = this;
    if (this.#pending.length > 0 || this.#queued.length > 0) return 0;
    if (this.#closing.length > 0) return 0;
    if (timers && timers.referencedImmediates > 0) return 0;
    if (!this.isAlive) return 0;
    const expiry = this.#expiry();
    return expiry === Infinity ? undefined : Math.max(0, expiry - this.#now);
  }

  *#poll(timeout: number | undefined): Steps {
    const watchers = [...this.#watchers];
    if (timeout === 0 && watchers.length === 0) return;
    const revents = this.#wait(watchers, timeout);
    for (let i = 0; i < watchers.length; i++) {
      const watcher = watchers[i] as Watcher;
      const found = (revents[i] ?? 0) & (watcher.events | FAILURES);
      // An earlier callback may have stopped this one.
      if (found === 0 || !this.#watchers.has(watcher)) continue;
      this.events++;
      watcher.onEvents(found);
      yield;
    }
  }

  /**
   * What happened to descriptors; after a signal, what did so far. Where something has happened already,
   * that is all it asks of the kernel; else what it takes to be idle goes by first.
   */
  #wait(fds: readonly PollFd[], timeout = Infinity): readonly number[] {
    const ready = fds.length > 0 ? this.#ask(fds, 0) : NOTHING;
    if (timeout === 0 || this.signalsWait() || ready.some((found) => found !== 0)) {
      this.#passTime();
      return ready;
    }
    const limit = timeout === Infinity ? undefined : timeout;
    const sys = this.#sys();
    const from = sys.clock_gettime(CLOCK_MONOTONIC);
    try {
      if (!this.onIdle || timeout <= IDLE_MS) return this.#ask(fds, limit);
      const revents = this.#ask(fds, IDLE_MS);
      if (this.signalsWait() || revents.some((found) => found !== 0)) return revents;
      this.onIdle();
      return this.#ask(fds, limit && limit - IDLE_MS);
    } finally {
      const now = sys.clock_gettime(CLOCK_MONOTONIC);
      this.idleTime += Number(now - from) / 1e6;
      this.#setTime(now);
    }
  }

  #ask(fds: readonly PollFd[], timeout: number | undefined): readonly number[] {
    const sys = this.#sys();
    // A signal may have come with the last answer: then nothing interrupts a wait.
    const wait = this.signalsWait() ? 0 : timeout;
    try {
      const nanoseconds = wait === undefined ? undefined : BigInt(wait) * NANOSECONDS;
      return sys.ppoll(fds, nanoseconds, undefined) as readonly number[];
    } catch (reason) {
      if (!(reason instanceof KernelError) || reason.errno !== Errno.EINTR) throw reason;
      return sys.ppoll(fds, 0n, undefined) as readonly number[];
    }
  }

  /** The time goes on, by the kernel's clock where that may make a difference. */
  #passTime(): void {
    if (Date.now() >= this.#exactUntil) {
      this.updateTime();
      return;
    }
    this.refreshTime();
    // Two clocks' milliseconds do not begin together: no timer is to come early for that.
    if (this.#expiry() <= this.#now) this.updateTime();
  }

  /** When the next timer is due; Infinity: never. */
  #expiry(): number {
    let expiry = this.timers?.expiry ?? Infinity;
    for (const timer of this.ownTimers) expiry = Math.min(expiry, timer.expiry);
    return expiry;
  }

  *#runPending(): Steps {
    const pending = this.#pending;
    this.#pending = [];
    yield this.#runAll(pending);
  }

  *#runAll(callbacks: readonly (() => void)[]): Steps {
    for (const callback of callbacks) {
      callback();
      yield;
    }
  }

  *#runClosing(): Steps {
    const closing = this.#closing;
    this.#closing = [];
    for (const callback of closing) {
      callback();
      yield;
    }
  }

  *#runTimers(): Steps {
    const { timers } = this;
    if (timers && timers.expiry <= this.#now) yield timers.runTimers();
    if (this.ownTimers.size === 0) return;
    for (const timer of [...this.ownTimers]) {
      if (timer.expiry > this.#now) continue;
      timer.fire();
      yield;
    }
  }
}
