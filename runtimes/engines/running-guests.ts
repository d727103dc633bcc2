/**
 * The guests of one engine that run: while there are any, they are looked at from time to time for the
 * time and memory that they have used.
 */
import type { Scheduler, Timer } from "../../kernel/index.ts";
import type { MemoryUser, MemoryWatch } from "./memory-watch.ts";

/** Milliseconds between two looks. */
const LOOK_MS = 200;

export interface RunningGuest extends MemoryUser {
  /** Resolves when it runs no more. */
  readonly done: Promise<void>;
  /** Tells the kernel of CPU time that was used since it was told last. */
  charge(): void;
}

export class RunningGuests {
  readonly #memory: MemoryWatch;
  readonly #scheduler: Scheduler;
  readonly #guests = new Set<RunningGuest>();
  readonly #listeners: (() => void)[] = [];
  #looking: Timer | undefined;

  constructor(memory: MemoryWatch, scheduler: Scheduler) {
    this.#memory = memory;
    this.#scheduler = scheduler;
  }

  get size(): number {
    return this.#guests.size;
  }

  /** What they take together, as they last said. */
  get memoryBytes(): number {
    let sum = 0;
    for (const guest of this.#guests) sum += guest.memoryBytes;
    return sum;
  }

  /** `listener` is called whenever they were looked at. */
  onLook(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Until it is done. */
  add(guest: RunningGuest): void {
    this.#guests.add(guest);
    void guest.done.then(() => this.#remove(guest));
    this.#looking ??= this.#scheduler.setTimer(this.#look, LOOK_MS);
  }

  /** Resolves when none is left of those that run now. */
  async settle(): Promise<void> {
    await Promise.all([...this.#guests].map(({ done }) => done));
  }

  readonly #look = (): void => {
    for (const guest of this.#guests) guest.charge();
    this.#memory.look(this.#guests);
    for (const listener of this.#listeners) listener();
    this.#looking =
      this.#guests.size > 0 ? this.#scheduler.setTimer(this.#look, LOOK_MS) : undefined;
  };

  #remove(guest: RunningGuest): void {
    this.#guests.delete(guest);
    if (this.#guests.size > 0) return;
    this.#looking?.cancel();
    this.#looking = undefined;
  }
}
