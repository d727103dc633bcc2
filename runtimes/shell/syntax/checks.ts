/** What the parser leaves for later but bash looks at at once: nested scripts, and here-documents. */
import { forEachChild, type ParsedScript, type SyntaxNode } from "unbash";
import { atToken, describeFailure, lineAt, type SyntaxFailure } from "./failure.ts";

/** The first error inside `$(...)`, `<(...)` or `>(...)`; those in backquotes show when they run. */
export function findNestedFailure(text: string, script: ParsedScript): SyntaxFailure | undefined {
  if (!text.includes("(")) return undefined;
  let found: SyntaxFailure | undefined;
  const visit = (node: SyntaxNode): void => {
    if (found) return;
    if (node.type === "CommandExpansion" && node.text.startsWith("`")) return;
    if (node.type === "Command" && node.name) found = strayParenthesis(text, node.name.end);
    if (node.type === "CommandExpansion" || node.type === "ProcessSubstitution") {
      const [error] = node.script?.errors ?? [];
      // Where the text inside just ends, the closing parenthesis is what came too early.
      const close = node.end - 1;
      const isTooEarly = error && text.slice(error.pos, close).trim() === "";
      if (isTooEarly) found = atToken(text, close, ")");
      else if (error) found = inWhole(text, describeFailure(text.slice(0, close), error));
    }
    forEachChild(node, visit);
  };
  forEachChild(script, visit);
  return found;
}

/** The failure of a part of the text, with the whole line that it is in. */
function inWhole(text: string, failure: SyntaxFailure): SyntaxFailure {
  const [first = "", second] = failure.messages;
  if (second === undefined) return failure;
  return { ...failure, messages: [first, `\`${lineAt(text, failure.position)}'`] };
}

/** `name (` that no `)` makes a function definition: the parser passes over it. */
function strayParenthesis(text: string, end: number): SyntaxFailure | undefined {
  const stray = /^[ \t]*\([ \t]*([^\s();&|<>]+)/u.exec(text.slice(end, end + 256));
  if (!stray?.[1]) return undefined;
  return atToken(text, end + stray[0].length - stray[1].length, stray[1]);
}

export function findUnfinishedHereDocument(
  text: string,
  script: ParsedScript,
): { delimiter: string; position: number } | undefined {
  if (!text.includes("<<")) return undefined;
  let found: { delimiter: string; position: number } | undefined;
  const visit = (node: SyntaxNode): void => {
    if (node.type === "HereDoc" && !node.closing && node.delimiter)
      found ??= { delimiter: node.delimiter.value, position: node.pos };
    forEachChild(node, visit);
  };
  forEachChild(script, visit);
  return found;
}
