/** Lists of strings in a program's memory: argv and environ as libc reads them, and as spawn sends them. */
import { decodeUtf8, encodeUtf8 } from "../../kernel/abi.ts";
import type { GuestMemory } from "./memory.ts";

/** Strings ready to be copied out, each with its NUL. */
export class TextList {
  readonly #texts: readonly Uint8Array[];

  constructor(texts: readonly string[]) {
    this.#texts = texts.map((text) => encodeUtf8(`${text}\0`));
  }

  get count(): number {
    return this.#texts.length;
  }

  get bytes(): number {
    return this.#texts.reduce((sum, text) => sum + text.length, 0);
  }

  /** Writes the strings from `buffer` on, and their addresses from `pointers` on. */
  writeTo(memory: GuestMemory, pointers: number, buffer: number): void {
    let at = buffer;
    this.#texts.forEach((text, i) => {
      memory.setU32(pointers + 4 * i, at);
      memory.set(at, text);
      at += text.length;
    });
  }
}

/** Strings that end with a NUL each; the last one's may be missing. */
export function splitTexts(bytes: Uint8Array): string[] {
  const texts: string[] = [];
  let start = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] !== 0) continue;
    texts.push(decodeUtf8(bytes, start, at));
    start = at + 1;
  }
  if (start < bytes.length) texts.push(decodeUtf8(bytes, start, bytes.length));
  return texts;
}
