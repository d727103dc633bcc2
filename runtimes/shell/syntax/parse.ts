/**
 * From text to what runs: the statements of a text, line by line, because bash runs each line before it
 * reads the next one. Stands on the `unbash` parser and words its errors as bash does. Pure.
 */
import { type ParsedScript, parse } from "unbash";
import { findNestedFailure, findUnfinishedHereDocument } from "./checks.ts";
import { describeFailure, type SyntaxFailure } from "./failure.ts";
import { type Line, splitLines } from "./lines.ts";

export interface ParsedText {
  readonly text: string;
  readonly lines: readonly Line[];
  /** What stands after `lines` cannot be read. */
  readonly failure: SyntaxFailure | undefined;
  /** What a line must have to make an unfinished text whole; undefined: any line might. */
  readonly awaits: RegExp | undefined;
  /** A here-document that the end of the text cut off: its delimiter and where it began. */
  readonly unfinishedHereDocument: { delimiter: string; position: number } | undefined;
}

const MAX_CACHED_LENGTH = 65_536;
const CACHE_LENGTH = 2_000_000;
const cache = new Map<string, ParsedText>();
let cachedLength = 0;

export function parseText(text: string): ParsedText {
  const known = cache.get(text);
  if (known) return known;
  const parsed = parseAfresh(text);
  if (text.length <= MAX_CACHED_LENGTH) remember(text, parsed);
  return parsed;
}

function remember(text: string, parsed: ParsedText): void {
  cachedLength += text.length;
  if (cachedLength > CACHE_LENGTH) {
    cache.clear();
    cachedLength = text.length;
  }
  cache.set(text, parsed);
}

function parseAfresh(text: string): ParsedText {
  const script = parse(text);
  const failure = firstFailure(text, script);
  if (!failure) {
    const unfinishedHereDocument = findUnfinishedHereDocument(text, script);
    const awaits = unfinishedHereDocument && delimiterLine(unfinishedHereDocument.delimiter);
    return { text, lines: splitLines(text, script), failure, awaits, unfinishedHereDocument };
  }
  const lines = linesBefore(text, script, failure.position);
  const awaits = failure.isIncomplete ? closerOf(script, failure) : undefined;
  return { text, lines, failure, awaits, unfinishedHereDocument: undefined };
}

function delimiterLine(delimiter: string): RegExp {
  return new RegExp(`^\\t*${escapeRegExp(delimiter)}$`, "mu");
}

/** The end of a compound command, wherever it stands in a line. */
const COMPOUND_END = /(?<![^\s;&|()])(?:fi|done|esac)(?![^\s;&|()<>])|[})]/u;

function closerOf(script: ParsedScript, failure: SyntaxFailure): RegExp | undefined {
  const closing = /matching `(.)'/u.exec(failure.messages[0] ?? "")?.[1];
  if (closing !== undefined) return new RegExp(escapeRegExp(closing), "u");
  const isInside = script.errors?.some(({ message }) => / to close (?!'\[\[)/u.test(message));
  return isInside ? COMPOUND_END : undefined;
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}/]/gu, "\\$&");
}

function firstFailure(text: string, script: ParsedScript): SyntaxFailure | undefined {
  const [error] = script.errors ?? [];
  const nested = findNestedFailure(text, script);
  if (error && (!nested || error.pos <= nested.position)) return describeFailure(text, error);
  return nested;
}

/** The lines that stand whole before the failure: those whose text alone reads without one. */
function linesBefore(text: string, script: ParsedScript, position: number): Line[] {
  const candidates = splitLines(text, script).filter((line) => line.start <= position);
  while (candidates.length > 0) {
    const end = (candidates.at(-1) as Line).end;
    const before = lastLineEnd(text, Math.min(position, text.length));
    const lineEnd = text.indexOf("\n", end);
    if (lineEnd >= 0 && lineEnd <= before) {
      const alone = parse(text.slice(0, lineEnd + 1));
      if (!alone.errors && splitLines(text, alone).length === candidates.length) break;
    }
    candidates.pop();
  }
  return candidates;
}

function lastLineEnd(text: string, position: number): number {
  return text.lastIndexOf("\n", position);
}
