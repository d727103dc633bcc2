/**
 * The output half of a line discipline (termios(3), c_oflag): what a program or the echo writes becomes
 * what the terminal shows. Keeps the column, which tabs and erasing need.
 */
import { ByteRing } from "../pipes/byte-ring.ts";
import { OCRNL, OLCUC, ONLCR, ONLRET, ONOCR, OPOST, TABDLY, XTABS } from "./termios.ts";
import { columnsOf } from "./width.ts";

const BACKSPACE = 0x08;
const TAB = 0x09;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const DELETE = 0x7f;

/** Bytes that wait for the terminal to show them. */
const CAPACITY = 65_536;

/** Most bytes that one byte becomes: a tab's spaces. */
const LONGEST = 8;

export class TerminalOutput {
  /** What the terminal has not shown yet. */
  readonly queue = new ByteRing(CAPACITY);
  /** Where the next character goes, from 0. */
  column = 0;
  /** Bytes of a UTF-8 sequence still to come, and its code point so far. */
  #missing = 0;
  #codePoint = 0;

  /** True where one more byte fits, whatever becomes of it. */
  get hasRoom(): boolean {
    return this.queue.room >= LONGEST;
  }

  /** Processes bytes of `source` from `from` on while there is room; how many it took. */
  write(source: Uint8Array, from: number, oflag: number): number {
    if ((oflag & OPOST) === 0) return this.queue.put(source, from);
    let at = from;
    while (at < source.length && this.hasRoom) {
      const end = (oflag & OLCUC) === 0 ? endOfPlain(source, at, at + this.queue.room) : at;
      if (end === at) this.writeByte(source[at++] as number, oflag);
      else {
        this.column += this.queue.put(source, at, end);
        at = end;
      }
    }
    return at - from;
  }

  /** Processes one byte; the caller saw that there is room. */
  writeByte(byte: number, oflag: number): void {
    if ((oflag & OPOST) === 0) {
      this.queue.putByte(byte);
    } else if (byte >= SPACE && byte < DELETE) {
      this.column++;
      this.queue.putByte((oflag & OLCUC) === 0 ? byte : upper(byte));
    } else if (byte > DELETE) {
      this.#countUtf8(byte);
      this.queue.putByte(byte);
    } else {
      this.#writeControl(byte, oflag);
    }
  }

  /** Puts bytes out as they are; the column is the caller's to move. */
  writeRaw(...bytes: number[]): void {
    for (const byte of bytes) this.queue.putByte(byte);
  }

  #writeControl(byte: number, oflag: number): void {
    switch (byte) {
      case NEWLINE:
        if ((oflag & ONLCR) !== 0) this.queue.putByte(RETURN);
        if ((oflag & (ONLCR | ONLRET)) !== 0) this.column = 0;
        break;
      case RETURN:
        if ((oflag & ONOCR) !== 0 && this.column === 0) return;
        if ((oflag & OCRNL) === 0) this.column = 0;
        else {
          if ((oflag & ONLRET) !== 0) this.column = 0;
          this.queue.putByte(NEWLINE);
          return;
        }
        break;
      case TAB:
        this.#writeTab(oflag);
        return;
      case BACKSPACE:
        if (this.column > 0) this.column--;
        break;
      default:
        break;
    }
    this.queue.putByte(byte);
  }

  #writeTab(oflag: number): void {
    const spaces = 8 - (this.column % 8);
    this.column += spaces;
    if ((oflag & TABDLY) !== XTABS) {
      this.queue.putByte(TAB);
      return;
    }
    for (let i = 0; i < spaces; i++) this.queue.putByte(SPACE);
  }

  /** Moves the column when a character of several bytes is complete. */
  #countUtf8(byte: number): void {
    if (byte >= 0xc0) {
      this.#missing = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
      this.#codePoint = byte & (0x3f >> this.#missing);
      return;
    }
    if (this.#missing === 0) return;
    this.#codePoint = (this.#codePoint << 6) | (byte & 0x3f);
    if (--this.#missing === 0 && this.#codePoint <= 0x10ffff) {
      this.column += columnsOf(this.#codePoint);
    }
  }
}

/** Where the run of printable ASCII that begins at `at` ends, before `limit`. */
function endOfPlain(source: Uint8Array, at: number, limit: number): number {
  const last = Math.min(source.length, limit);
  let end = at;
  while (end < last && (source[end] as number) >= SPACE && (source[end] as number) < DELETE) end++;
  return end;
}

function upper(byte: number): number {
  return byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte;
}
