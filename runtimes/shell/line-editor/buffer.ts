/** The line that is being edited: its text, the cursor, the mark, and how to undo. Pure. */

interface Snapshot {
  readonly text: string;
  readonly cursor: number;
}

/** So many typed characters are undone at once. */
const UNDO_GROUP = 20;
const MAX_UNDO = 1000;

export class EditBuffer {
  #text = "";
  #cursor = 0;
  #undo: Snapshot[] = [];
  /** Characters typed in a row since the last snapshot. */
  #typed = 0;
  mark = 0;

  get text(): string {
    return this.#text;
  }

  get cursor(): number {
    return this.#cursor;
  }

  get beforeCursor(): string {
    return this.#text.slice(0, this.#cursor);
  }

  moveTo(position: number): void {
    this.#cursor = Math.max(0, Math.min(position, this.#text.length));
    this.#typed = 0;
  }

  /** Inserts at the cursor, which ends up behind the text. */
  insert(text: string): void {
    this.replace(this.#cursor, this.#cursor, text);
  }

  /** As `insert`, for a typed character: a run of them is one step of undo. */
  type(text: string): void {
    const typed = this.#typed;
    if (typed > 0 && typed < UNDO_GROUP) this.#splice(this.#cursor, this.#cursor, text);
    else this.insert(text);
    this.#typed = typed >= UNDO_GROUP ? 1 : typed + 1;
  }

  /** Takes out what is between the two positions, in either order, and returns it. */
  remove(one: number, other: number): string {
    const [start, end] = one < other ? [one, other] : [other, one];
    const removed = this.#text.slice(start, end);
    if (removed !== "") this.replace(start, end, "");
    return removed;
  }

  replace(start: number, end: number, text: string): void {
    this.#remember();
    this.#splice(start, end, text);
  }

  /** A whole other text, with the cursor at its end. */
  reset(text: string): void {
    this.#text = text;
    this.#cursor = text.length;
    this.#undo = [];
    this.#typed = 0;
    this.mark = 0;
  }

  /** False when there is nothing to undo. */
  undo(): boolean {
    const snapshot = this.#undo.pop();
    if (snapshot === undefined) return false;
    this.#text = snapshot.text;
    this.#cursor = snapshot.cursor;
    this.#typed = 0;
    return true;
  }

  undoAll(): void {
    while (this.undo());
  }

  #remember(): void {
    this.#undo.push({ text: this.#text, cursor: this.#cursor });
    if (this.#undo.length > MAX_UNDO) this.#undo.shift();
    this.#typed = 0;
  }

  #splice(start: number, end: number, text: string): void {
    this.#text = this.#text.slice(0, start) + text + this.#text.slice(end);
    this.#cursor = start + text.length;
  }
}
