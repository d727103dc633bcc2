/**
 * From bytes to key strokes: UTF-8 put together, key sequences matched against a keymap, pasted text
 * told from typed text. Pure and without timers: an escape waits for what follows it.
 */
import { decodeUtf8 } from "../../../kernel/bytes.ts";

/** What a key sequence does. */
export type Binding =
  /** A command by its readline name. */
  | { readonly kind: "command"; readonly name: string }
  /** A command of the shell, run beside the line. */
  | { readonly kind: "shell"; readonly command: string }
  /** Text to be typed in its place. */
  | { readonly kind: "macro"; readonly text: string };

export type Stroke =
  | { readonly kind: "binding"; readonly binding: Binding; readonly keys: string }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "paste"; readonly text: string }
  /** A key sequence that means nothing. */
  | { readonly kind: "unknown"; readonly keys: string };

const PASTE_START = "\x1b[200~";
const PASTE_END = "\x1b[201~";
/** `ESC [ ... letter`, `ESC O letter`: one key, whether bound or not. */
const CONTROL_SEQUENCE = /^\x1b(?:\[[0-?]*[ -/]*[@-~]|O[ -~])/u;
const UNFINISHED_SEQUENCE = /^\x1b(?:\[[0-?]*[ -/]*|O)$/u;

export class KeyReader {
  readonly #keymap: ReadonlyMap<string, Binding>;
  /** Bytes of a character that has not arrived whole. */
  #bytes: Uint8Array = new Uint8Array(0);
  #pending = "";
  #isPasting = false;
  #isLiteral = false;

  constructor(keymap: ReadonlyMap<string, Binding>) {
    this.#keymap = keymap;
  }

  feed(bytes: Uint8Array): void {
    const all = new Uint8Array(this.#bytes.length + bytes.length);
    all.set(this.#bytes);
    all.set(bytes, this.#bytes.length);
    const end = wholeLength(all);
    this.#pending += decodeUtf8(all, 0, end);
    this.#bytes = all.slice(end);
  }

  /** Puts text before what has arrived, as if it had been typed. */
  prepend(text: string): void {
    this.#pending = text + this.#pending;
  }

  /** The next character is text, whatever it is. */
  takeLiterally(): void {
    this.#isLiteral = true;
  }

  /** The next key stroke, or undefined while it has not arrived whole. */
  next(): Stroke | undefined {
    if (this.#isPasting) return this.#readPaste();
    if (this.#pending === "") return undefined;
    if (this.#isLiteral) {
      this.#isLiteral = false;
      return { kind: "text", text: this.#take(firstLength(this.#pending)) };
    }
    if (this.#pending.startsWith(PASTE_START)) {
      this.#take(PASTE_START.length);
      this.#isPasting = true;
      return this.#readPaste();
    }
    return this.#readKeys();
  }

  #readKeys(): Stroke | undefined {
    let longest = 0;
    let couldGrow = PASTE_START.startsWith(this.#pending);
    for (const sequence of this.#keymap.keys()) {
      if (this.#pending.startsWith(sequence)) longest = Math.max(longest, sequence.length);
      else if (sequence.startsWith(this.#pending)) couldGrow = true;
    }
    if (couldGrow) return undefined;
    const control = CONTROL_SEQUENCE.exec(this.#pending)?.[0].length ?? 0;
    if (longest > 0 && longest >= control) {
      const keys = this.#take(longest);
      return { kind: "binding", binding: this.#keymap.get(keys) as Binding, keys };
    }
    if (control > 0) return { kind: "unknown", keys: this.#take(control) };
    if (UNFINISHED_SEQUENCE.test(this.#pending)) return undefined;
    const first = firstLength(this.#pending);
    if (this.#pending.startsWith("\x1b")) {
      if (this.#pending.length === 1) return undefined;
      return { kind: "unknown", keys: this.#take(1 + firstLength(this.#pending.slice(1, 3))) };
    }
    const isText = this.#pending >= " " && this.#pending[0] !== "\x7f";
    const keys = this.#take(first);
    return isText ? { kind: "text", text: keys } : { kind: "unknown", keys };
  }

  #readPaste(): Stroke | undefined {
    const end = this.#pending.indexOf(PASTE_END);
    if (end < 0) return undefined;
    this.#isPasting = false;
    const text = this.#take(end).replace(/\r\n?/gu, "\n");
    this.#take(PASTE_END.length);
    return { kind: "paste", text };
  }

  #take(length: number): string {
    const taken = this.#pending.slice(0, length);
    this.#pending = this.#pending.slice(length);
    return taken;
  }
}

function firstLength(text: string): number {
  return (text.codePointAt(0) ?? 0) > 0xffff ? 2 : 1;
}

/** How many of the bytes are whole characters; what can never become one counts as whole. */
function wholeLength(bytes: Uint8Array): number {
  const { length } = bytes;
  for (let back = 1; back <= Math.min(3, length); back++) {
    const byte = bytes[length - back] as number;
    if (byte < 0x80) return length;
    if (byte < 0xc0) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return needed > back ? length - back : length;
  }
  return length;
}
