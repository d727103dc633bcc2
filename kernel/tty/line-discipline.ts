/**
 * What lies between a terminal's keyboard and screen and the programs that read and write it: line
 * editing, echo, signals from the keyboard, flow control. Bytes in, bytes and signals out; it knows no
 * process, waits for nothing and keeps no time (VTIME is the reader's affair).
 *
 *     keyboard                                                      program
 *    ─ input() ─▶ translate ─▶ signals, flow ─▶ edit a line ─▶ ready ─ read() ─▶
 *                                   │               │ echo
 *                                   ▼ signals       ▼
 *    ◀─ takeOutput() ─────────── output ◀─────── translate ◀────────── write() ─
 *     screen
 *
 * Specification: termios(3); POSIX.1-2024 chapter 11, General Terminal Interface,
 * https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap11.html. Where POSIX leaves it open,
 * Linux's n_tty is the model. Beyond it, erasing knows how many columns a character has.
 */
import { MAX_CANON } from "../limits.ts";
import { ByteRing } from "../pipes/byte-ring.ts";
import { Signal } from "../signals/numbers.ts";
import type { Termios } from "../syscalls/types.ts";
import { advance, lastCharacter, lastWord } from "./line-text.ts";
import { TerminalOutput } from "./output.ts";
import * as t from "./termios.ts";

const BELL = 0x07;
const BACKSPACE = 0x08;
const TAB = 0x09;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const CARET = 0x5e;
const DELETE = 0x7f;

/** Bytes of typed input that wait for a program. */
const READY_MAX = 65_536;

/** Bytes of echo that wait while output is stopped or full; what comes on top is not echoed. */
const ECHO_MAX = 4096;

export class LineDiscipline {
  /** Signals for the foreground group, in the order of their keys; whoever sends them takes them out. */
  readonly signals: number[] = [];

  #termios = t.DEFAULT_TERMIOS;
  readonly #output = new TerminalOutput();

  // The line that is being edited, and the column in which it began.
  #line: number[] = [];
  #lineColumn = 0;
  /** The next character is taken as it is (VLNEXT). */
  #isLiteral = false;

  // What programs may read. In canonical mode `#lines` has each line's length; 0 is an end of file.
  readonly #ready = new ByteRing(READY_MAX);
  #lines: number[] = [];

  // Flow control (VSTOP, VSTART), and echo that it holds back.
  #isStopped = false;
  #heldEcho: number[] = [];

  get termios(): Termios {
    return this.#termios;
  }

  set termios(termios: Termios) {
    const wasCanonical = this.#has(t.ICANON);
    this.#termios = termios;
    if (wasCanonical !== this.#has(t.ICANON)) this.#changeMode();
    if (!this.#hasInput(t.IXON)) this.#restart();
  }

  // The keyboard's and screen's side

  /** Takes typed bytes of `source` from `from` on; how many, for it takes no more than fits. */
  input(source: Uint8Array, from = 0): number {
    let at = from;
    while (at < source.length && this.#hasInputRoom()) this.#receive(source[at++] as number);
    return at - from;
  }

  /** Moves bytes for the screen to the start of `target`; how many. */
  takeOutput(target: Uint8Array): number {
    const count = this.#output.queue.take(target);
    this.#releaseEcho();
    return count;
  }

  get hasOutput(): boolean {
    return this.#output.queue.length > 0;
  }

  get outputLength(): number {
    return this.#output.queue.length;
  }

  /** True where input() would take a byte. */
  get acceptsInput(): boolean {
    return this.#hasInputRoom();
  }

  // The programs' side

  /** True where read() has an answer: a line or an end of file, without ICANON a byte. */
  get hasInput(): boolean {
    return this.#has(t.ICANON) ? this.#lines.length > 0 : this.#ready.length > 0;
  }

  /** Bytes that read() could give out. */
  get inputLength(): number {
    return this.#ready.length;
  }

  /** Moves input to the start of `target`, at most one line in canonical mode; 0 is an end of file. */
  read(target: Uint8Array): number {
    if (!this.#has(t.ICANON)) return this.#ready.take(target);
    const length = this.#lines[0] ?? 0;
    const count = this.#ready.take(target, length);
    if (count === length) this.#lines.shift();
    else this.#lines[0] = length - count;
    return count;
  }

  /** Takes bytes of a program's output; none while flow control stops it. */
  write(source: Uint8Array, from = 0): number {
    return this.#isStopped ? 0 : this.#output.write(source, from, this.#termios.oflag);
  }

  get acceptsOutput(): boolean {
    return !this.#isStopped && this.#output.hasRoom;
  }

  flushInput(): void {
    this.#line = [];
    this.#lines = [];
    this.#ready.clear();
    this.#isLiteral = false;
  }

  flushOutput(): void {
    this.#output.queue.clear();
    this.#heldEcho = [];
  }

  // One typed byte

  #receive(typed: number): void {
    let byte = this.#hasInput(t.ISTRIP) ? typed & 0x7f : typed;
    if (this.#hasInput(t.IUCLC) && this.#has(t.IEXTEN) && byte >= 0x41 && byte <= 0x5a) {
      byte += 0x20;
    }
    if (this.#isLiteral) {
      this.#isLiteral = false;
      this.#insert(byte);
      return;
    }
    if (this.#controlsFlow(byte) || this.#makesSignal(byte)) return;
    if (this.#isStopped && this.#hasInput(t.IXANY)) this.#restart();
    if (byte === RETURN) {
      if (this.#hasInput(t.IGNCR)) return;
      if (this.#hasInput(t.ICRNL)) byte = NEWLINE;
    } else if (byte === NEWLINE && this.#hasInput(t.INLCR)) {
      byte = RETURN;
    }
    if (!this.#has(t.ICANON)) this.#insert(byte);
    else if (!this.#edits(byte) && !this.#endsLine(byte)) this.#insert(byte);
  }

  #controlsFlow(byte: number): boolean {
    if (!this.#hasInput(t.IXON)) return false;
    if (this.#is(t.VSTART, byte)) this.#restart();
    else if (this.#is(t.VSTOP, byte)) this.#isStopped = true;
    else return false;
    return true;
  }

  #makesSignal(byte: number): boolean {
    if (!this.#has(t.ISIG)) return false;
    const signal = this.#is(t.VINTR, byte)
      ? Signal.SIGINT
      : this.#is(t.VQUIT, byte)
        ? Signal.SIGQUIT
        : this.#is(t.VSUSP, byte)
          ? Signal.SIGTSTP
          : 0;
    if (signal === 0) return false;
    if (!this.#has(t.NOFLSH)) {
      this.flushInput();
      this.flushOutput();
    }
    this.signals.push(signal);
    if (this.#hasInput(t.IXON)) this.#restart();
    if (this.#has(t.ECHO)) this.#echoCharacter(byte);
    return true;
  }

  /** Line editing; false where `byte` is none of its characters. */
  #edits(byte: number): boolean {
    const isExtended = this.#has(t.IEXTEN);
    if (this.#is(t.VERASE, byte)) this.#erase(byte, lastCharacter(this.#line, this.#isUtf8));
    else if (this.#is(t.VKILL, byte)) this.#kill(byte);
    else if (isExtended && this.#is(t.VWERASE, byte)) this.#eraseWord();
    else if (isExtended && this.#is(t.VLNEXT, byte)) this.#takeNextLiterally();
    else if (isExtended && this.#is(t.VREPRINT, byte) && this.#has(t.ECHO)) this.#reprint(byte);
    else return false;
    return true;
  }

  #endsLine(byte: number): boolean {
    if (byte === NEWLINE) {
      if (this.#has(t.ECHO) || this.#has(t.ECHONL)) this.#echo(NEWLINE);
      this.#line.push(byte);
    } else if (this.#is(t.VEOL, byte) || (this.#has(t.IEXTEN) && this.#is(t.VEOL2, byte))) {
      if (this.#has(t.ECHO)) this.#echoCharacter(byte);
      this.#line.push(byte);
    } else if (!this.#is(t.VEOF, byte)) {
      return false;
    }
    this.#ready.put(Uint8Array.from(this.#line));
    this.#lines.push(this.#line.length);
    this.#line = [];
    return true;
  }

  #insert(byte: number): void {
    const isCanonical = this.#has(t.ICANON);
    // Room for the character that ends the line is kept.
    if (isCanonical && this.#line.length >= MAX_CANON - 1) {
      if (this.#hasInput(t.IMAXBEL)) this.#echo(BELL);
      return;
    }
    if (this.#has(t.ECHO)) {
      if (this.#line.length === 0) this.#lineColumn = this.#output.column;
      if (byte === NEWLINE && !isCanonical) this.#echo(NEWLINE);
      else this.#echoCharacter(byte);
    }
    if (isCanonical) this.#line.push(byte);
    else this.#ready.putByte(byte);
  }

  // Editing

  /** Takes the last `count` bytes, one character, off the line and the screen. */
  #erase(key: number, count: number): void {
    if (count === 0) return;
    const echoes = this.#has(t.ECHO);
    if (echoes && this.#has(t.ECHOE)) this.#eraseFromScreen(count);
    else if (echoes) this.#echoCharacter(key);
    this.#line.length -= count;
  }

  #eraseWord(): void {
    const end = this.#line.length - lastWord(this.#line, this.#isUtf8);
    while (this.#line.length > end) {
      const count = lastCharacter(this.#line, this.#isUtf8);
      if (this.#has(t.ECHO)) this.#eraseFromScreen(count);
      this.#line.length -= count;
    }
  }

  #kill(key: number): void {
    const erases = this.#has(t.ECHO) && this.#has(t.ECHOE);
    if (erases && this.#has(t.ECHOK) && this.#has(t.ECHOKE)) {
      while (this.#line.length > 0) {
        const count = lastCharacter(this.#line, this.#isUtf8);
        this.#eraseFromScreen(count);
        this.#line.length -= count;
      }
      return;
    }
    this.#line = [];
    if (!this.#has(t.ECHO)) return;
    this.#echoCharacter(key);
    if (this.#has(t.ECHOK)) this.#echo(NEWLINE);
  }

  #takeNextLiterally(): void {
    this.#isLiteral = true;
    if (this.#has(t.ECHO) && this.#has(t.ECHOCTL)) this.#echo(CARET, BACKSPACE);
  }

  #reprint(key: number): void {
    this.#echoCharacter(key);
    this.#echo(NEWLINE);
    this.#lineColumn = 0;
    for (const byte of this.#line) this.#echoCharacter(byte);
  }

  #eraseFromScreen(count: number): void {
    const kept = this.#line.slice(0, -count);
    const showsControls = this.#has(t.ECHOCTL);
    const from = advance(this.#lineColumn, kept, showsControls);
    const to = advance(from, this.#line.slice(-count), showsControls);
    const isTab = this.#line.at(-1) === TAB;
    for (let column = to; column > from; column--) {
      if (isTab) this.#echo(BACKSPACE);
      else this.#echo(BACKSPACE, SPACE, BACKSPACE);
    }
  }

  // Echo

  /** Echoes `byte` visibly: control characters as `^X` where ECHOCTL asks for it. */
  #echoCharacter(byte: number): void {
    const isControl = (byte < SPACE && byte !== TAB) || byte === DELETE;
    if (isControl && this.#has(t.ECHOCTL)) this.#echo(CARET, byte ^ 0x40);
    else this.#echo(byte);
  }

  #echo(...bytes: number[]): void {
    for (const byte of bytes) {
      if (!this.#isStopped && this.#heldEcho.length === 0 && this.#output.hasRoom) {
        this.#output.writeByte(byte, this.#termios.oflag);
      } else if (this.#heldEcho.length < ECHO_MAX) {
        this.#heldEcho.push(byte);
      }
    }
  }

  #releaseEcho(): void {
    if (this.#isStopped || this.#heldEcho.length === 0) return;
    let at = 0;
    while (at < this.#heldEcho.length && this.#output.hasRoom) {
      this.#output.writeByte(this.#heldEcho[at++] as number, this.#termios.oflag);
    }
    this.#heldEcho = this.#heldEcho.slice(at);
  }

  // State

  #restart(): void {
    this.#isStopped = false;
    this.#releaseEcho();
  }

  /** ICANON changed: what was typed so far is input for either mode, and none of it is lost. */
  #changeMode(): void {
    this.#isLiteral = false;
    if (this.#has(t.ICANON)) {
      this.#lines = this.#ready.length > 0 ? [this.#ready.length] : [];
      return;
    }
    this.#ready.put(Uint8Array.from(this.#line));
    this.#line = [];
    this.#lines = [];
  }

  /** A line can always be finished: its bytes have their place in `#ready` from the start. */
  #hasInputRoom(): boolean {
    if (!this.#has(t.ICANON)) return this.#ready.room > 0;
    return this.#lines.length === 0 || this.#ready.room > this.#line.length + 1;
  }

  get #isUtf8(): boolean {
    return this.#hasInput(t.IUTF8);
  }

  #has(localMode: number): boolean {
    return (this.#termios.lflag & localMode) !== 0;
  }

  #hasInput(inputMode: number): boolean {
    return (this.#termios.iflag & inputMode) !== 0;
  }

  #is(index: number, byte: number): boolean {
    return byte !== t.DISABLED && this.#termios.cc[index] === byte;
  }
}
