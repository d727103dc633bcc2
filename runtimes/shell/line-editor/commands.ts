/**
 * The editing commands by their readline names, as functions on what a line editor lets them touch.
 * What must leave the editor (completion, accepting a line) stands in `editor.ts`.
 *
 * @see https://tiswww.case.edu/php/chet/readline/readline.html#Bindable-Readline-Commands
 */
import { historyWords } from "../history/words.ts";
import type { EditBuffer } from "./buffer.ts";
import type { HistoryCursor } from "./history-cursor.ts";
import type { KillRing } from "./kill-ring.ts";
import {
  blankWordStart,
  fileNameStart,
  nextPosition,
  previousPosition,
  skipBackWhile,
  skipWhile,
  wordEnd,
  wordStart,
} from "./text.ts";

export interface CommandContext {
  readonly buffer: EditBuffer;
  readonly killRing: KillRing;
  readonly history: HistoryCursor;
  /** The numeric argument; 1 without one. */
  readonly count: number;
  readonly hasCount: boolean;
  /** The command before this one. */
  readonly previous: string;
  /** Survives from one `yank-last-arg` to the next. */
  readonly argumentWalk: { index: number; start: number };
  bell(): void;
}

export type Command = (context: CommandContext) => void;

const moves: Readonly<Record<string, Command>> = {
  "beginning-of-line": ({ buffer }) => buffer.moveTo(lineStart(buffer)),
  "end-of-line": ({ buffer }) => buffer.moveTo(lineEnd(buffer)),
  "forward-char": (context) => move(context, nextPosition, previousPosition),
  "backward-char": (context) => move(context, previousPosition, nextPosition),
  "forward-word": (context) => move(context, wordEnd, wordStart),
  "backward-word": (context) => move(context, wordStart, wordEnd),
  "set-mark": ({ buffer }) => {
    buffer.mark = buffer.cursor;
  },
  "exchange-point-and-mark": ({ buffer }) => {
    const { cursor, mark } = buffer;
    buffer.moveTo(mark);
    buffer.mark = cursor;
  },
};

const kills: Readonly<Record<string, Command>> = {
  "kill-line": (context) => {
    const { buffer } = context;
    if (context.hasCount && context.count < 0) kill(context, 0, "start");
    else kill(context, lineEnd(buffer) || buffer.text.length, "end");
  },
  "backward-kill-line": (context) => kill(context, lineStart(context.buffer), "start"),
  "unix-line-discard": (context) => kill(context, 0, "start"),
  "kill-whole-line": (context) => {
    context.buffer.moveTo(0);
    kill(context, context.buffer.text.length, "end");
  },
  "kill-word": (context) => kill(context, target(context, wordEnd, wordStart), "end"),
  "backward-kill-word": (context) => kill(context, target(context, wordStart, wordEnd), "start"),
  "unix-word-rubout": (context) => {
    kill(context, target(context, blankWordStart, blankWordStart), "start");
  },
  "unix-filename-rubout": (context) => {
    kill(context, target(context, fileNameStart, fileNameStart), "start");
  },
  "kill-region": (context) => kill(context, context.buffer.mark, "end"),
  "copy-region-as-kill": ({ buffer, killRing }) => {
    const [start, end] = [buffer.mark, buffer.cursor].sort((a, b) => a - b);
    killRing.add(buffer.text.slice(start, end), undefined);
  },
  yank: ({ buffer, killRing, bell }) => {
    const text = killRing.current;
    if (text === undefined) {
      bell();
      return;
    }
    buffer.mark = buffer.cursor;
    buffer.insert(text);
  },
  "yank-pop": ({ buffer, killRing, previous, bell }) => {
    const old = killRing.current;
    if (old === undefined || !previous.startsWith("yank")) {
      bell();
      return;
    }
    const start = buffer.cursor - old.length;
    buffer.replace(start, buffer.cursor, killRing.rotate() ?? "");
  },
};

const changes: Readonly<Record<string, Command>> = {
  "delete-char": (context) => deleteTo(context, nextPosition, previousPosition),
  "backward-delete-char": (context) => deleteTo(context, previousPosition, nextPosition),
  "delete-horizontal-space": ({ buffer }) => {
    const isSpace = (one: string) => one === " " || one === "\t";
    const start = skipBackWhile(buffer.text, buffer.cursor, isSpace);
    buffer.remove(start, skipWhile(buffer.text, buffer.cursor, isSpace));
  },
  "tab-insert": ({ buffer, count }) => buffer.insert("\t".repeat(Math.max(count, 0))),
  "transpose-chars": transposeCharacters,
  "transpose-words": transposeWords,
  "upcase-word": (context) => changeWord(context, (word) => word.toUpperCase()),
  "downcase-word": (context) => changeWord(context, (word) => word.toLowerCase()),
  "capitalize-word": (context) =>
    changeWord(context, (word) =>
      word.toLowerCase().replace(/[\p{L}\p{N}]/u, (first) => first.toUpperCase()),
    ),
  undo: ({ buffer, bell }) => {
    if (!buffer.undo()) bell();
  },
  "revert-line": ({ buffer, history }) => {
    buffer.undoAll();
    const original = history.originalAt(history.index);
    if (original !== undefined) buffer.reset(original);
  },
};

const walks: Readonly<Record<string, Command>> = {
  "previous-history": (context) => walkHistory(context, context.history.index - context.count),
  "next-history": (context) => walkHistory(context, context.history.index + context.count),
  "beginning-of-history": (context) => walkHistory(context, 0),
  "end-of-history": (context) => walkHistory(context, context.history.length),
  "history-search-backward": (context) => searchPrefix(context, -1),
  "history-search-forward": (context) => searchPrefix(context, 1),
  "yank-last-arg": yankLastArgument,
  "yank-nth-arg": (context) => {
    const words = historyWords(context.history.textAt(context.history.length - 1));
    const word = words.at(context.hasCount ? context.count : 1)?.text;
    if (word === undefined) context.bell();
    else context.buffer.insert(word);
  },
};

export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  [moves, kills, changes, walks].flatMap((table) => Object.entries(table)),
);

type Step = (text: string, position: number) => number;

/** Where `count` steps lead; a negative count goes the other way. */
function target({ buffer, count }: CommandContext, forward: Step, backward: Step): number {
  let position = buffer.cursor;
  const step = count < 0 ? backward : forward;
  for (let left = Math.abs(count); left > 0; left--) {
    const next = step(buffer.text, position);
    if (next === position) break;
    position = next;
  }
  return position;
}

function move(context: CommandContext, forward: Step, backward: Step): void {
  const position = target(context, forward, backward);
  if (position === context.buffer.cursor && context.count !== 0) context.bell();
  context.buffer.moveTo(position);
}

function deleteTo(context: CommandContext, forward: Step, backward: Step): void {
  const { buffer, killRing } = context;
  const position = target(context, forward, backward);
  if (position === buffer.cursor) {
    context.bell();
    return;
  }
  const side = position > buffer.cursor ? "end" : "start";
  const removed = buffer.remove(position, buffer.cursor);
  if (context.hasCount) killRing.add(removed, isKill(context.previous) ? side : undefined);
}

function kill(context: CommandContext, position: number, side: "start" | "end"): void {
  const { buffer, killRing, previous } = context;
  const removed = buffer.remove(position, buffer.cursor);
  killRing.add(removed, isKill(previous) ? side : undefined);
}

function isKill(command: string): boolean {
  return Object.hasOwn(kills, command) && !command.startsWith("yank");
}

function lineStart({ text, cursor }: EditBuffer): number {
  return text.lastIndexOf("\n", cursor - 1) + 1;
}

function lineEnd({ text, cursor }: EditBuffer): number {
  const end = text.indexOf("\n", cursor);
  return end < 0 ? text.length : end;
}

function transposeCharacters({ buffer, bell }: CommandContext): void {
  const { text, cursor } = buffer;
  const end = cursor === text.length ? cursor : nextPosition(text, cursor);
  const middle = previousPosition(text, end);
  const start = previousPosition(text, middle);
  if (start === middle) {
    bell();
    return;
  }
  buffer.replace(start, end, text.slice(middle, end) + text.slice(start, middle));
}

function transposeWords({ buffer, bell }: CommandContext): void {
  const { text } = buffer;
  const end = wordEnd(text, buffer.cursor);
  const secondStart = wordStart(text, end);
  const firstStart = wordStart(text, secondStart);
  const firstEnd = wordEnd(text, firstStart);
  if (firstEnd > secondStart || firstStart === secondStart) {
    bell();
    return;
  }
  const [first, between] = [text.slice(firstStart, firstEnd), text.slice(firstEnd, secondStart)];
  buffer.replace(firstStart, end, text.slice(secondStart, end) + between + first);
}

function changeWord(context: CommandContext, change: (word: string) => string): void {
  const { buffer } = context;
  const { cursor } = buffer;
  const end = target(context, wordEnd, wordStart);
  const [from, to] = cursor < end ? [cursor, end] : [end, cursor];
  buffer.replace(from, to, change(buffer.text.slice(from, to)));
  if (end < cursor) buffer.moveTo(cursor);
}

function walkHistory(context: CommandContext, index: number): void {
  const { buffer, history } = context;
  const wanted = Math.max(0, Math.min(index, history.length));
  if (wanted === history.index) {
    context.bell();
    return;
  }
  const text = history.moveTo(wanted, buffer.text);
  if (text !== undefined) buffer.reset(text);
}

function searchPrefix(context: CommandContext, direction: 1 | -1): void {
  const { buffer, history } = context;
  const { cursor, beforeCursor, text } = buffer;
  const index = history.find(
    history.index + direction,
    direction,
    (entry) => entry.startsWith(beforeCursor) && entry !== text,
  );
  const found = index < 0 ? undefined : history.moveTo(index, text);
  if (found === undefined) {
    context.bell();
    return;
  }
  buffer.reset(found);
  buffer.moveTo(cursor === 0 ? found.length : cursor);
}

/** Repeated, it takes the last argument of ever older lines. */
function yankLastArgument(context: CommandContext): void {
  const { buffer, history, previous, argumentWalk } = context;
  const isRepeated = previous === "yank-last-arg";
  const index = (isRepeated ? argumentWalk.index : history.length) - 1;
  const words = index < 0 ? [] : historyWords(history.originalAt(index) ?? "");
  const word = (context.hasCount && !isRepeated ? words[context.count] : words.at(-1))?.text;
  if (word === undefined) {
    context.bell();
    return;
  }
  const start = isRepeated ? argumentWalk.start : buffer.cursor;
  buffer.replace(start, buffer.cursor, word);
  argumentWalk.index = index;
  argumentWalk.start = start;
}
