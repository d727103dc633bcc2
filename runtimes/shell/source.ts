/** A text that is run, and where its lines begin: for $LINENO, BASH_SOURCE and error messages. */

export class Source {
  readonly text: string;
  /** What BASH_SOURCE says: a file, `main`, or the name of the shell. */
  readonly name: string;
  /** The number of its first line. */
  readonly firstLine: number;
  #lineStarts: number[] | undefined;

  constructor(text: string, name: string, firstLine = 1) {
    this.text = text;
    this.name = name;
    this.firstLine = firstLine;
  }

  /** The line that the character at `position` is on. */
  line(position: number): number {
    this.#lineStarts ??= findLineStarts(this.text);
    const starts = this.#lineStarts;
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((starts[middle] as number) <= position) low = middle + 1;
      else high = middle;
    }
    return this.firstLine + low;
  }
}

/** Where every line but the first begins. */
function findLineStarts(text: string): number[] {
  const starts: number[] = [];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}
