/**
 * Finding the end of quoted text and of substitutions in raw shell text, without parsing it.
 * Pure; for what works on text rather than on a syntax tree: brace and history expansion, completion.
 */

/**
 * When a quote, an escape or a substitution begins at `start`, the index just past its end, else
 * `start`. What is not closed reaches to the end of the text.
 */
export function skipQuoted(text: string, start: number): number {
  switch (text[start]) {
    case "\\":
      return Math.min(start + 2, text.length);
    case "'":
      return skipTo(text, start + 1, "'");
    case '"':
      return skipDoubleQuotes(text, start + 1);
    case "`":
      return skipEscaping(text, start + 1, "`");
    case "$":
      return skipDollar(text, start);
    case "<":
    case ">":
      return text[start + 1] === "(" ? skipNested(text, start + 2, "(", ")") : start;
    default:
      return start;
  }
}

function skipDollar(text: string, start: number): number {
  switch (text[start + 1]) {
    case "(":
      return skipNested(text, start + 2, "(", ")");
    case "{":
      return skipNested(text, start + 2, "{", "}");
    case "'":
      return skipEscaping(text, start + 2, "'");
    default:
      return start;
  }
}

function skipTo(text: string, start: number, close: string): number {
  const end = text.indexOf(close, start);
  return end < 0 ? text.length : end + 1;
}

function skipEscaping(text: string, start: number, close: string): number {
  for (let index = start; index < text.length; index++) {
    if (text[index] === "\\") index++;
    else if (text[index] === close) return index + 1;
  }
  return text.length;
}

function skipDoubleQuotes(text: string, start: number): number {
  let index = start;
  while (index < text.length) {
    const character = text[index];
    if (character === '"') return index + 1;
    if (character === "\\" || character === "`" || character === "$") {
      const end = text[index + 1] === "'" ? index : skipQuoted(text, index);
      index = Math.max(end, index + 1);
    } else index++;
  }
  return text.length;
}

/** Nesting is counted instead of recursed into, so that no text is too deep. */
function skipNested(text: string, start: number, open: string, close: string): number {
  const closers = [close];
  const openers = [open];
  let index = start;
  while (index < text.length) {
    const character = text[index] as string;
    if (character === closers.at(-1)) {
      closers.pop();
      openers.pop();
      index++;
      if (closers.length === 0) return index;
    } else if (character === "$" && (text[index + 1] === "(" || text[index + 1] === "{")) {
      const isParen = text[index + 1] === "(";
      closers.push(isParen ? ")" : "}");
      openers.push(isParen ? "(" : "{");
      index += 2;
    } else if (character === openers.at(-1)) {
      closers.push(closers.at(-1) as string);
      openers.push(character);
      index++;
    } else if (character === "\\" || character === "'" || character === "`") {
      index = skipQuoted(text, index);
    } else if (character === '"') {
      index = skipSimpleDoubleQuotes(text, index + 1);
    } else index++;
  }
  return text.length;
}

/** Double quotes inside a substitution: one more level of substitutions is told apart, not more. */
function skipSimpleDoubleQuotes(text: string, start: number): number {
  let depth = 0;
  for (let index = start; index < text.length; index++) {
    const character = text[index];
    if (character === "\\") index++;
    else if (character === "$" && text[index + 1] === "(") depth++;
    else if (character === ")" && depth > 0) depth--;
    else if (character === '"' && depth === 0) return index + 1;
  }
  return text.length;
}
