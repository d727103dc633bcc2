/** Lets a script that computes give way, on hosts whose clock stands still meanwhile too. */
import type { Sys } from "../../../kernel/index.ts";

const CLOCK_MONOTONIC = 1;
/** Looks at the clock between which it should have moved, if it moves at all while a program computes. */
const CLOCK_STRIDE = 64;

export class GiveWay {
  readonly #sys: Sys;
  #looks = 0;
  #time: bigint | undefined;

  constructor(sys: Sys) {
    this.#sys = sys;
  }

  /** Called every few thousand steps: undefined, or a promise to wait for. */
  checkpoint(): Promise<unknown> | undefined {
    return this.#sys.checkpoint() ?? this.#byCount();
  }

  #byCount(): Promise<unknown> | undefined {
    if (++this.#looks % CLOCK_STRIDE !== 0) return undefined;
    const before = this.#time;
    this.#time = this.#sys.clock_gettime(CLOCK_MONOTONIC) as bigint;
    if (before !== this.#time) return undefined;
    return Promise.resolve(this.#sys.clock_nanosleep(CLOCK_MONOTONIC, 0, 1n));
  }
}
