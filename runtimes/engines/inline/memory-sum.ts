/**
 * What all programs of an engine hold together. They say so themselves, with the first import that
 * touches a memory which has grown, and whoever makes the sum too large costs the largest its life, as
 * Linux's OOM killer has it.
 */
export interface MemoryHolder {
  readonly memoryBytes: number;
  kill(): void;
}

export class MemorySum {
  readonly #most: number;
  readonly #holders = new Set<MemoryHolder>();
  #sum = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(holder: MemoryHolder): void {
    this.#holders.add(holder);
  }

  /** `holder` has `bytes` more than it had. */
  grew(bytes: number): void {
    this.#sum += bytes;
    if (this.#sum <= this.#most) return;
    const [largest] = [...this.#holders].sort((a, b) => b.memoryBytes - a.memoryBytes);
    largest?.kill();
  }

  /** It has ended, and its memory cannot be had back. */
  lose(holder: MemoryHolder): void {
    this.#holders.delete(holder);
  }

  remove(holder: MemoryHolder): void {
    if (this.#holders.delete(holder)) this.#sum -= holder.memoryBytes;
  }
}
