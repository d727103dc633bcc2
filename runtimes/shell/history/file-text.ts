/**
 * The format of a history file: one entry a line, or with times a `#1700000000` line before each, and
 * then an entry may have several lines. Pure.
 */
import type { HistoryEntry } from "./list.ts";

const TIME = /^#(\d+)$/u;

export function parseHistory(text: string): HistoryEntry[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const hasTimes = TIME.test(lines[0] ?? "");
  const entries: HistoryEntry[] = [];
  let time: number | undefined;
  let collected: string[] = [];
  const flush = () => {
    if (collected.length > 0) entries.push({ text: collected.join("\n"), time });
    collected = [];
  };
  for (const line of lines) {
    const stamp = TIME.exec(line);
    if (stamp !== null) {
      flush();
      time = Number(stamp[1]);
    } else if (hasTimes) collected.push(line);
    else entries.push({ text: line, time: undefined });
  }
  flush();
  return entries;
}

export function formatHistory(entries: readonly HistoryEntry[], withTimes: boolean): string {
  return entries
    .map(({ text, time }) => `${withTimes && time !== undefined ? `#${time}\n` : ""}${text}\n`)
    .join("");
}
