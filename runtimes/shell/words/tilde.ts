/** Collects the pieces of one word and finds the tildes that stand where they are expanded. Pure. */
import type { Piece } from "./pieces.ts";

/** Where tildes count: as the word looks like an assignment; after colons too; at the start; nowhere. */
export type TildeContext = "word" | "value" | "operand" | "plain";

const LIKE_ASSIGNMENT = /^[A-Za-z_][A-Za-z_0-9]*(?:\[[^\]]*\])?\+?=/u;

export class TildeWriter {
  readonly #pieces: Piece[] = [];
  /** Offset in the raw text from which colons count; undefined: nowhere. */
  readonly #colonsFrom: number | undefined;
  readonly #ignores: boolean;
  readonly #isWord: boolean;
  #offset = 0;

  constructor(text: string, context: TildeContext) {
    this.#ignores = context === "plain";
    this.#isWord = context === "word";
    const assignment = context === "word" ? LIKE_ASSIGNMENT.exec(text)?.[0].length : undefined;
    this.#colonsFrom = context === "value" ? 0 : assignment;
  }

  /** A piece of which nothing is a tilde. */
  add(piece: Piece): void {
    this.#pieces.push(piece);
    this.#offset++;
  }

  /** Unquoted text as written, in which a backslash quotes the next character. */
  raw(text: string): void {
    let plain = "";
    for (let at = 0; at < text.length; at++) {
      const character = text[at] as string;
      if (character !== "\\") {
        plain += character;
        continue;
      }
      this.#plain(plain);
      plain = "";
      const next = text[++at];
      if (next === undefined) this.#push("\\", true);
      else if (next !== "\n") this.#push(next, true);
    }
    this.#plain(plain);
  }

  finish(): Piece[] {
    return this.#ignores ? this.#pieces : this.#settle();
  }

  #plain(text: string): void {
    if (text !== "") this.#push(text, false);
  }

  #push(text: string, quoted: boolean): void {
    this.#pieces.push({ kind: "text", text, quoted });
    this.#offset += text.length;
  }

  /** Looks for tildes once everything is there: what ends a user's name may be another piece. */
  #settle(): Piece[] {
    const settled: Piece[] = [];
    let offset = 0;
    for (const [number, piece] of this.#pieces.entries()) {
      if (piece.kind !== "text" || piece.quoted || !piece.text.includes("~")) settled.push(piece);
      else {
        const isLast = number === this.#pieces.length - 1;
        this.#split(piece.text, offset, number === 0, isLast, settled);
      }
      offset += piece.kind === "text" ? piece.text.length : 1;
    }
    return settled;
  }

  #split(text: string, offset: number, isFirst: boolean, isLast: boolean, into: Piece[]): void {
    let done = 0;
    for (let at = text.indexOf("~"); at >= 0; at = text.indexOf("~", at + 1)) {
      if (!this.#counts(text, at, offset, isFirst)) continue;
      const hasColons = this.#colonsFrom !== undefined && offset + at >= this.#colonsFrom;
      const end = text.slice(at).search(hasColons ? /[/:]/u : /\//u);
      if (end < 0 && !isLast) break;
      const stop = end < 0 ? text.length : at + end;
      if (at > done) into.push({ kind: "text", text: text.slice(done, at), quoted: false });
      const isExtension = this.#isWord && hasColons;
      into.push({ kind: "tilde", user: text.slice(at + 1, stop), isExtension });
      done = stop;
    }
    if (done < text.length) into.push({ kind: "text", text: text.slice(done), quoted: false });
  }

  #counts(text: string, at: number, offset: number, isFirst: boolean): boolean {
    if (at === 0 && isFirst) return true;
    if (this.#colonsFrom === undefined || offset + at < this.#colonsFrom) return false;
    return offset + at === this.#colonsFrom || text[at - 1] === ":";
  }
}
