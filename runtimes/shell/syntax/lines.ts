/** The statements of a script, line by line: what bash reads, and then runs, at a time. Pure. */
import type { ParsedScript, Statement } from "unbash";

/** The statements of one line, with all the lines that they reach over. */
export interface Line {
  readonly statements: readonly Statement[];
  /** Where the first one begins, and where the last one ends. */
  readonly start: number;
  readonly end: number;
}

export function splitLines(text: string, script: ParsedScript): Line[] {
  const lines: Line[] = [];
  let statements: Statement[] = [];
  for (const statement of script.commands) {
    const last = statements.at(-1);
    if (last && text.slice(last.end, statement.pos).replaceAll("\\\n", "").includes("\n")) {
      lines.push(makeLine(statements));
      statements = [];
    }
    statements.push(statement);
  }
  if (statements.length > 0) lines.push(makeLine(statements));
  return lines;
}

function makeLine(statements: readonly Statement[]): Line {
  const first = statements[0] as Statement;
  const last = statements.at(-1) as Statement;
  return { statements, start: first.pos, end: last.end };
}
