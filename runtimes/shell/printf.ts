/**
 * The formatter behind the `printf` builtin: format and arguments in, text and status out. Pure;
 * clock, zone and variables are handed in. Widths and precisions count bytes, as bash's do.
 *
 * @see https://www.gnu.org/software/bash/manual/html_node/Bash-Builtins.html#index-printf
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/printf.html
 */
import { decodeUtf8, encodeUtf8, utf8Length } from "../../kernel/bytes.ts";
import { unescapeText } from "./escape.ts";
import { describeInvalidNumber, parseIntegerPrefix } from "./numbers.ts";
import { type Float, floatFromInteger, formatFloat, parseFloatPrefix } from "./printf/float.ts";
import { type Conversion, type FieldSize, parseFormat } from "./printf/format.ts";
import { quoteBackslash } from "./quote.ts";
import { strftime } from "./time/strftime.ts";

export interface PrintfHost {
  /** Reports what is wrong, without the command's name. */
  warn(message: string): void;
  /** Seconds since 1970. */
  now(): number;
  /** When the shell started, likewise. */
  startTime(): number;
  /** The value of TZ. */
  zone(): string | undefined;
  /** `%n`: false when `name` cannot be assigned to; the host has said why. */
  assign(name: string, value: string): boolean;
}

export interface PrintfResult {
  readonly output: string;
  readonly status: number;
}

const MAX_TIME = 128;
/** Fields wider than this are an error. */
const MAX_FIELD = 64 * 1024 * 1024;

export function formatPrintf(
  format: string,
  args: readonly string[],
  host: PrintfHost,
): PrintfResult {
  return new Printer(args, host).print(format);
}

class Printer {
  readonly #args: readonly string[];
  readonly #host: PrintfHost;
  #next = 0;
  #status = 0;
  #output = "";

  constructor(args: readonly string[], host: PrintfHost) {
    this.#args = args;
    this.#host = host;
  }

  print(format: string): PrintfResult {
    const pieces = parseFormat(format);
    let before: number;
    do {
      before = this.#next;
      for (const piece of pieces) {
        if (piece.kind === "text") this.#output += piece.text;
        else if (piece.kind === "warning") this.#host.warn(piece.message);
        else if (piece.kind === "error") return this.#fail(piece.message);
        else if (!this.#convert(piece)) return { output: this.#output, status: this.#status };
      }
    } while (this.#next < this.#args.length && this.#next > before);
    return { output: this.#output, status: this.#status };
  }

  #fail(message: string): PrintfResult {
    this.#host.warn(message);
    return { output: this.#output, status: 1 };
  }

  /** False ends all output. */
  #convert(conversion: Conversion): boolean {
    let { flags } = conversion;
    let width = this.#size(conversion.width) ?? 0;
    if (width < 0) {
      flags += "-";
      width = -width;
    }
    let precision = this.#size(conversion.precision);
    if (precision !== undefined && precision < 0) precision = undefined;
    if (width > MAX_FIELD || (precision ?? 0) > MAX_FIELD) {
      this.#host.warn("field too wide: Cannot allocate memory");
      this.#status = 1;
      return false;
    }
    switch (conversion.letter) {
      case "s":
        this.#text(this.#argument() ?? "", flags, width, precision);
        return true;
      case "d":
      case "i":
        this.#signed(flags, width, precision);
        return true;
      case "o":
      case "u":
      case "x":
      case "X":
        this.#unsigned(conversion.letter, flags, width, precision);
        return true;
      case "c":
        this.#text(cutBytes(this.#argument() || "\0", 1), flags, width, undefined);
        return true;
      case "b":
        return this.#escaped(flags, width, precision);
      case "q":
        this.#text(quoteBackslash(this.#argument() ?? ""), flags, width, precision);
        return true;
      case "Q":
        this.#text(quoteBackslash(cutBytes(this.#argument() ?? "", precision)), flags, width);
        return true;
      case "T":
        this.#time(conversion.timeFormat, flags, width, precision);
        return true;
      case "n":
        return this.#count();
      default:
        this.#float(conversion.letter, flags, width, precision);
        return true;
    }
  }

  #argument(): string | undefined {
    return this.#args[this.#next++];
  }

  #size(size: FieldSize): number | undefined {
    if (size !== "*") return size;
    const text = this.#argument();
    return text === undefined ? 0 : Number(this.#integer(text, false));
  }

  #text(text: string, flags: string, width: number, precision?: number): void {
    const shown = cutBytes(text, precision);
    this.#pad(shown, flags, width - (width > 0 ? utf8Length(shown) : 0));
  }

  #pad(text: string, flags: string, missing: number): void {
    if (missing <= 0) this.#output += text;
    else if (flags.includes("-")) this.#output += text + " ".repeat(missing);
    else this.#output += " ".repeat(missing) + text;
  }

  #escaped(flags: string, width: number, precision: number | undefined): boolean {
    const { text, stopped, warnings } = unescapeText(this.#argument() ?? "", "percent-b");
    for (const warning of warnings) this.#host.warn(warning);
    this.#text(text, flags, width, precision);
    return !stopped;
  }

  #time(format: string, flags: string, width: number, precision: number | undefined): void {
    const text = this.#argument();
    const seconds = text === undefined ? -1 : Number(this.#integer(text, false));
    const host = this.#host;
    const time = seconds === -1 ? host.now() : seconds === -2 ? host.startTime() : seconds;
    const shown = strftime(format, time, host.zone());
    // bash has a buffer of 128 bytes for it, and prints nothing where that is too small.
    this.#text(utf8Length(shown) < MAX_TIME ? shown : "", flags, width, precision);
  }

  #count(): boolean {
    const name = this.#argument();
    if (name === undefined || name === "") return true;
    if (this.#host.assign(name, String(utf8Length(this.#output)))) return true;
    this.#status = 1;
    return false;
  }

  #signed(flags: string, width: number, precision: number | undefined): void {
    const text = this.#argument();
    const value = text === undefined ? 0n : this.#integer(text, false);
    const digits = String(value < 0n ? -value : value);
    const sign = value < 0n ? "-" : flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
    this.#number(sign, value === 0n && precision === 0 ? "" : digits, flags, width, precision);
  }

  #unsigned(letter: string, flags: string, width: number, precision: number | undefined): void {
    const text = this.#argument();
    const value = text === undefined ? 0n : this.#integer(text, true);
    let digits = value.toString(letter === "u" ? 10 : letter === "o" ? 8 : 16);
    if (value === 0n && precision === 0) digits = "";
    let prefix = "";
    if (flags.includes("#")) {
      if (letter === "o" && !digits.startsWith("0")) digits = `0${digits}`;
      else if (letter.toLowerCase() === "x" && value !== 0n) prefix = "0x";
    }
    if (letter === "X") [prefix, digits] = [prefix.toUpperCase(), digits.toUpperCase()];
    this.#number(prefix, digits, flags, width, precision);
  }

  #number(
    prefix: string,
    digits: string,
    flags: string,
    width: number,
    precision: number | undefined,
  ): void {
    const zeroed = flags.includes("0") && !flags.includes("-") && precision === undefined;
    const body = digits.padStart(zeroed ? width - prefix.length : (precision ?? 0), "0");
    this.#pad(prefix + body, flags, width - prefix.length - body.length);
  }

  #float(letter: string, flags: string, width: number, precision: number | undefined): void {
    const value = this.#floatArgument();
    const sign = value.negative ? "-" : flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
    const body = formatFloat(value, letter, precision, flags.includes("#"));
    if (value.kind !== "finite") {
      this.#pad(sign + body, flags, width - sign.length - body.length);
    } else if (/^0x/iu.test(body)) {
      this.#number(sign + body.slice(0, 2), body.slice(2), flags, width, undefined);
    } else this.#number(sign, body, flags, width, undefined);
  }

  #floatArgument(): Float {
    const text = this.#argument();
    if (text === undefined || text === "") return floatFromInteger(0);
    const code = characterCode(text);
    if (code !== undefined) return floatFromInteger(code);
    const { value, length, outOfRange } = parseFloatPrefix(text);
    if (length < text.length) this.#invalid(text);
    else if (outOfRange) this.#outOfRange(text);
    return value;
  }

  #integer(text: string, unsigned: boolean): bigint {
    if (text === "") return 0n;
    const code = characterCode(text);
    if (code !== undefined) return BigInt(code);
    const { value, isValid, outOfRange } = parseIntegerPrefix(text, 0, unsigned);
    if (!isValid) this.#invalid(text);
    else if (outOfRange) this.#outOfRange(text);
    return value;
  }

  #invalid(text: string): void {
    this.#host.warn(`${text}: ${describeInvalidNumber(text)}`);
    this.#status = 1;
  }

  #outOfRange(text: string): void {
    this.#host.warn(`warning: ${text}: Numerical result out of range`);
  }
}

/** `'x` and `"x` stand for the number of the character after the quote. */
function characterCode(text: string): number | undefined {
  if (!text.startsWith("'") && !text.startsWith('"')) return undefined;
  const code = text.codePointAt(1) ?? 0;
  return code >= 0xdc80 && code <= 0xdcff ? code - 0xdc00 : code;
}

/** At most `count` bytes of `text`. */
function cutBytes(text: string, count: number | undefined): string {
  if (count === undefined || text.length * 3 <= count || utf8Length(text) <= count) return text;
  return decodeUtf8(encodeUtf8(text.slice(0, count)), 0, count);
}
