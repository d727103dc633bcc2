/** Keeps what a test prints: all of it, or its beginning and its end where it is very long. */

const HALF = 64 << 10;

export class Recorder {
  readonly #start: Uint8Array[] = [];
  #startSize = 0;
  #end: Uint8Array[] = [];
  #endSize = 0;

  add(chunk: Uint8Array): void {
    if (this.#startSize < HALF) {
      this.#start.push(chunk);
      this.#startSize += chunk.length;
      return;
    }
    this.#end.push(chunk);
    this.#endSize += chunk.length;
    while (this.#endSize - (this.#end[0]?.length ?? 0) > HALF) {
      this.#endSize -= this.#end.shift()?.length ?? 0;
    }
  }

  /** From a terminal without control characters, as Node's own helper has it. */
  text(terminal: boolean): string {
    const text = Buffer.concat([...this.#start, ...this.#end]).toString("utf8");
    return terminal ? text.replace(/[\0-\x08\x0b\x0e-\x1f]/g, "") : text;
  }
}
