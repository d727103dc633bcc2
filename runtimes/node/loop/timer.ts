/**
 * A timer of a binding's own (libuv's uv_timer), beside the one that drives `lib/`'s. It holds the loop
 * while it runs.
 */
import { type EventLoop, LoopHandle } from "./event-loop.ts";

export class Timer extends LoopHandle {
  readonly #callback: () => void;
  #expiry = Infinity;
  #interval = 0;

  constructor(loop: EventLoop, callback: () => void) {
    super(loop);
    this.#callback = callback;
  }

  /** Milliseconds of the loop's clock at which it is due. */
  get expiry(): number {
    return this.#expiry;
  }

  /** Calls back in `delay` milliseconds, and then every `interval`; 0: once. */
  start(delay: number, interval = 0): void {
    this.#expiry = this.loop.now + delay;
    this.#interval = interval;
    this.loop.ownTimers.add(this);
    this.active = true;
  }

  stop(): void {
    this.#expiry = Infinity;
    this.loop.ownTimers.delete(this);
    this.active = false;
  }

  /** It is due: the loop's own call. */
  fire(): void {
    if (this.#interval > 0) this.#expiry = this.loop.now + this.#interval;
    else this.stop();
    this.#callback();
  }
}
