/** Drains one pipe: keeps what comes until the result is taken, and throws the rest away. */
import type { Kernel } from "../../kernel/index.ts";
import { Gathered } from "./read-file.ts";

/** How long background jobs that hold the pipe open are listened to after the command ended. */
const AFTERGLOW_MS = 100;
/** How often, where they never fall silent. */
const AFTERGLOW_TURNS = 10;

export class Collector {
  readonly #kernel: Kernel;
  readonly #fd: number;
  readonly #limit: number;
  readonly #onOverflow: () => void;
  readonly #end: Promise<void>;
  #gathered: Gathered | undefined = new Gathered();
  #atEnd = false;
  #reads = 0;

  constructor(kernel: Kernel, fd: number, limit: number, onOverflow: () => void) {
    this.#kernel = kernel;
    this.#fd = fd;
    this.#limit = limit;
    this.#onOverflow = onOverflow;
    this.#end = this.#drain();
  }

  /** Resolves at end of file, or when those who still hold the pipe open have fallen silent, or never do. */
  async settle(): Promise<void> {
    let seen = -1;
    for (let turn = 0; turn < AFTERGLOW_TURNS && !this.#atEnd && seen !== this.#reads; turn++) {
      seen = this.#reads;
      await this.#endOrPause();
    }
  }

  /** What has come so far, cut at the limit. */
  take(): Uint8Array {
    const bytes = this.#gathered?.take() ?? new Uint8Array(0);
    this.#gathered = undefined;
    return bytes.length > this.#limit ? bytes.slice(0, this.#limit) : bytes;
  }

  async #drain(): Promise<void> {
    const { init } = this.#kernel;
    const scrap = new Gathered();
    try {
      while (true) {
        const into = this.#overflown ? scrap : (this.#gathered ?? scrap);
        let count = init.read(this.#fd, into.room());
        if (count instanceof Promise) count = await count;
        if (count === 0) break;
        this.#reads++;
        // The result may have been taken while the read waited.
        if (into === scrap || into !== this.#gathered) continue;
        into.grew(count);
        if (this.#overflown) this.#onOverflow();
      }
    } catch {
      // The machine was switched off in the middle of the read.
    } finally {
      this.#atEnd = true;
      this.#close();
    }
  }

  get #overflown(): boolean {
    return this.#gathered !== undefined && this.#gathered.length > this.#limit;
  }

  #close(): void {
    try {
      void this.#kernel.init.close(this.#fd);
    } catch {
      // Closed with the machine.
    }
  }

  async #endOrPause(): Promise<void> {
    const { scheduler } = this.#kernel.host;
    await new Promise<void>((resolve) => {
      const timer = scheduler.setTimer(resolve, AFTERGLOW_MS);
      void this.#end.then(() => {
        timer.cancel();
        resolve();
      });
    });
  }
}
