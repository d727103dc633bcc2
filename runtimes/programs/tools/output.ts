/**
 * How a tool's results are written. Where that is a terminal, characters that it would act upon are
 * shown as escapes: what a tool brings back from somewhere is nothing that may move a cursor.
 */
import { decodeUtf8, encodeUtf8, type Sys } from "../../../kernel/index.ts";
import type { OutputForm } from "./flags.ts";

const ACTED_UPON = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\udc80-\udcff]/g;

/** `text` as a terminal may show it. */
export function inert(text: string): string {
  return text.replace(ACTED_UPON, (found, at: number) => {
    const code = found.charCodeAt(0);
    // The end of a line, and the second half of a character.
    if (found === "\r" && text[at + 1] === "\n") return found;
    if (code >= 0xdc80 && code <= 0xdcff) {
      const before = text.charCodeAt(at - 1);
      if (before >= 0xd800 && before <= 0xdbff) return found;
      return `\\x${(code - 0xdc00).toString(16)}`;
    }
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, "0")}`
      : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

export class ToolOutput {
  readonly #sys: Sys;
  readonly #form: OutputForm | undefined;
  readonly #terminal: boolean;
  /** The bytes of a character whose rest is to come. */
  #begun = new Uint8Array(0);
  #atLineStart = true;

  constructor(sys: Sys, form: OutputForm | undefined, terminal: boolean) {
    this.#sys = sys;
    this.#form = form;
    this.#terminal = terminal;
  }

  /** A piece of a stream, as it comes. */
  async piece(bytes: Uint8Array): Promise<void> {
    if (this.#form === "json") return this.#text(`${JSON.stringify(decodeUtf8(bytes))}\n`);
    if (!this.#terminal) return this.#write(bytes);
    const whole = joined(this.#begun, bytes);
    const end = completeLength(whole);
    this.#begun = whole.slice(end);
    await this.#text(inert(decodeUtf8(whole, 0, end)));
  }

  /** One value of a stream of values, on a line of its own. */
  async item(json: string): Promise<void> {
    await this.#endLine();
    await this.#line(this.#form === "text" ? plain(JSON.parse(json)) : json);
  }

  async json(json: string): Promise<void> {
    await this.#endLine();
    if (this.#form === "text") return this.#line(plain(JSON.parse(json)));
    await this.#line(this.#terminal ? JSON.stringify(JSON.parse(json), undefined, 2) : json);
  }

  async text(text: string): Promise<void> {
    await this.#endLine();
    if (this.#form === "json") return this.#line(JSON.stringify(text));
    await this.#line(text);
  }

  async bytes(bytes: Uint8Array): Promise<void> {
    await this.piece(bytes);
  }

  /** What is left of a character that was cut. */
  async end(): Promise<void> {
    const rest = this.#begun;
    this.#begun = new Uint8Array(0);
    if (rest.length > 0) await this.#text(inert(decodeUtf8(rest)));
  }

  async #line(text: string): Promise<void> {
    const line = text.endsWith("\n") || text === "" ? text : `${text}\n`;
    await this.#text(this.#terminal ? inert(line) : line);
  }

  async #endLine(): Promise<void> {
    if (!this.#atLineStart && this.#terminal) await this.#text("\n");
  }

  async #text(text: string): Promise<void> {
    if (text !== "") await this.#write(encodeUtf8(text));
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (bytes.length > 0) this.#atLineStart = bytes.at(-1) === NEWLINE;
    for (let done = 0; done < bytes.length; ) {
      done += await this.#sys.write(1, bytes.subarray(done));
    }
  }
}

const NEWLINE = 0x0a;

/** Data as people read it: names and values on lines, lists one value a line, the rest as JSON. */
function plain(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(inline).join("\n");
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .map(([name, own]) => `${name}: ${inline(own)}`)
    .join("\n");
}

function inline(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Bytes that are whole characters of UTF-8, or can never become one. */
function completeLength(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return size > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}
