/** A script that comes on standard input: read line by line, because its commands read from there too. */
import { decodeUtf8, Errno, KernelError, SEEK_CUR } from "../../kernel/abi.ts";
import { runText, usesAliases } from "./execute/run-text.ts";
import { joinLines, rememberCommand } from "./history/remember.ts";
import type { Shell } from "./state.ts";
import { expandAliases } from "./syntax/aliases.ts";
import { joinContinuations } from "./syntax/continuations.ts";
import { parseText } from "./syntax/parse.ts";
import { failForMemory } from "./words/failures.ts";

const CHUNK = 4096;
/** A command that goes on for longer is refused. */
const MAX_COMMAND = 64 * 1024 * 1024;

export async function runStandardInput(shell: Shell): Promise<number> {
  const reader = new LineReader(shell);
  let number = 1;
  for (;;) {
    const { text, lines } = await readCommand(shell, reader);
    if (text === "") return shell.status;
    const { lines: commands, failure } = parseText(text);
    if (commands.length > 0 || failure) {
      if (shell.options.history) rememberCommand(shell, joinLines(shell, text));
      let isUnreadable = false;
      const onFailure = () => {
        isUnreadable = true;
      };
      await runText(shell, text, { name: "main", line: number, onFailure });
      shell.jump = undefined;
      shell.commandNumber++;
      // What follows a syntax error is not read.
      if (isUnreadable || shell.options.onecmd) return shell.status;
    }
    number += lines;
  }
}

/** The lines of one command; what stands in the middle of it is not looked at again and again. */
async function readCommand(
  shell: Shell,
  reader: LineReader,
): Promise<{ text: string; lines: number }> {
  let text = "";
  let awaits: RegExp | undefined;
  for (let lines = 0; ; lines++) {
    const line = await reader.next();
    if (line === "") return { text, lines };
    text += line;
    if (text.length > MAX_COMMAND) failForMemory(shell, text.length);
    if (awaits && !awaits.test(line)) continue;
    const state = stateOf(shell, text);
    if (!state.needsMore) return { text, lines: lines + 1 };
    awaits = state.awaits;
  }
}

/** More lines are needed to make a command of the text. */
export function needsMore(shell: Shell, text: string): boolean {
  return stateOf(shell, text).needsMore;
}

/** `awaits`: what a line must have to be the last one, where that is known. */
function stateOf(shell: Shell, text: string): { needsMore: boolean; awaits?: RegExp | undefined } {
  const hasAliases = usesAliases(shell);
  const expanded = (hasAliases && expandAliases(text, shell.aliases)) || text;
  const { failure, unfinishedHereDocument, awaits } = parseText(joinContinuations(expanded));
  if (unfinishedHereDocument || failure?.isIncomplete)
    return { needsMore: true, awaits: hasAliases ? undefined : awaits };
  return { needsMore: /(?:^|[^\\])(?:\\\\)*\\\n$/u.test(text) };
}

export class LineReader {
  readonly #shell: Shell;
  /** Undefined: not known yet. */
  #isSeekable: boolean | undefined;

  constructor(shell: Shell) {
    this.#shell = shell;
  }

  /** The next line with its newline; "" at the end. Nothing behind it is taken away. */
  async next(): Promise<string> {
    await this.#shell.sys.checkpoint();
    if (this.#isSeekable === undefined) this.#isSeekable = await this.#canSeek();
    return this.#isSeekable ? this.#readBack() : this.#readByByte();
  }

  async #canSeek(): Promise<boolean> {
    try {
      await this.#shell.sys.lseek(0, 0, SEEK_CUR);
      return true;
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      return false;
    }
  }

  async #readBack(): Promise<string> {
    const parts: Uint8Array[] = [];
    for (;;) {
      const buffer = new Uint8Array(CHUNK);
      const length = await this.#read(buffer);
      if (length === 0) break;
      const end = buffer.subarray(0, length).indexOf(10);
      parts.push(buffer.subarray(0, end < 0 ? length : end + 1));
      if (end < 0) continue;
      if (end + 1 < length) await this.#shell.sys.lseek(0, end + 1 - length, SEEK_CUR);
      break;
    }
    return join(parts);
  }

  async #readByByte(): Promise<string> {
    const bytes: number[] = [];
    const buffer = new Uint8Array(1);
    while ((await this.#read(buffer)) > 0) {
      bytes.push(buffer[0] as number);
      if (buffer[0] === 10) break;
    }
    return decodeUtf8(Uint8Array.from(bytes));
  }

  async #read(buffer: Uint8Array): Promise<number> {
    for (;;) {
      try {
        return await this.#shell.sys.read(0, buffer);
      } catch (error) {
        if (!(error instanceof KernelError)) throw error;
        if (error.errno !== Errno.EINTR) return 0;
        await this.#shell.handleSignals();
      }
    }
  }
}

function join(parts: readonly Uint8Array[]): string {
  if (parts.length === 1) return decodeUtf8(parts[0] as Uint8Array);
  const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return decodeUtf8(bytes);
}
