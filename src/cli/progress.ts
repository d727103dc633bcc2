/** Progress on a terminal's standard error: one line that changes. Elsewhere a line for each new step. */
import { formatBytes } from "./format-bytes.ts";
import { paintFor } from "./style.ts";

const BAR = 24;

export class Progress {
  readonly #stream = process.stderr;
  #last = "";

  /** `total` undefined: nobody knows. */
  show(what: string, done: number, total: number | undefined): void {
    if (!this.#stream.isTTY) {
      if (what !== this.#last) this.#stream.write(`${what}\n`);
      this.#last = what;
      return;
    }
    const size = formatBytes(done) + (total === undefined ? "" : ` of ${formatBytes(total)}`);
    const line = `${total === undefined ? "" : `${this.#bar(done / (total || 1))}  `}${what}, ${size}`;
    if (line === this.#last) return;
    this.#last = line;
    this.#stream.write(`\r\x1b[K${line}`);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#stream.isTTY && this.#last !== "") this.#stream.write("\r\x1b[K");
    this.#last = "";
  }

  #bar(part: number): string {
    const paint = paintFor(this.#stream);
    const filled = Math.round(Math.min(1, part) * BAR);
    return paint("cyan", "━".repeat(filled)) + paint("dim", "━".repeat(BAR - filled));
  }
}
