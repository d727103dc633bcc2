/** Changes in place of a text, whose lines stay what they are. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export function applyEdits(source: string, edits: readonly Edit[]): string {
  const ordered = [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
  const parts: string[] = [];
  let done = 0;
  for (const { start, end, text } of ordered) {
    parts.push(source.slice(done, start), text);
    done = end;
  }
  parts.push(source.slice(done));
  return parts.join("");
}

/** Nothing in the place of `text`: its line breaks, and spaces; `first` in the place of its first characters. */
export function blank(text: string, first = ""): string {
  return first + text.slice(first.length).replace(/[^\n\r\u2028\u2029]/g, " ");
}
