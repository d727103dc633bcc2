/**
 * How long the host's event loop has been busy with one machine. Programs that only ever wake each other
 * never leave the loop's present turn, so whoever wakes late in it waits for the next: timers, input and
 * other machines have their turn too.
 */
import type { Host } from "../host.ts";
import { TIME_SLICE } from "../limits.ts";

/** The clock is read at one wake-up in so many. */
const STRIDE = 16;

const SLICE_NANOSECONDS = BigInt(TIME_SLICE) * 1_000_000n;

export class Turn {
  readonly #host: Host;
  #end = 0n;
  #isOpen = false;
  #wakeUps = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  /** To be asked at each wake-up: true where it should wait for the host's next turn. */
  isOver(): boolean {
    if (++this.#wakeUps % STRIDE !== 0) return false;
    const now = this.#host.clock.monotonic();
    if (this.#isOpen) return now >= this.#end;
    this.#isOpen = true;
    this.#end = now + SLICE_NANOSECONDS;
    void this.#host.scheduler.yield().then(() => {
      this.#isOpen = false;
    });
    return false;
  }
}
