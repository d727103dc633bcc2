/**
 * Differences that say nothing about us, each by a name that a transcript puts before the line
 * (`@ NAME`). Both sides are rewritten in the same way before they are compared.
 */
import type { Result } from "./transcript.ts";

type Rewrite = (result: Result) => Result;

const RULES: Readonly<Record<string, Rewrite>> = {
  /** Words on standard error differ between versions; that there are some must not. */
  "any-stderr": (result) => ({ ...result, stderr: result.stderr === "" ? "" : "(something)\n" }),

  /** Standard error depends on timing. */
  "no-stderr": (result) => ({ ...result, stderr: "" }),

  /** `total N` of ls counts disk blocks, which every file system allots in its own way. */
  "no-total": stdout((text) => text.replace(/^total \d+\n/gm, "")),

  /** Size and link count of a directory are a matter of the file system, and so are column widths. */
  "directory-numbers": stdout((text) =>
    text
      .replace(/^([-bcdlps]\S{9}) +(\d+) (\S+) +(\S+) +(\d+) /gm, "$1 $2 $3 $4 $5 ")
      .replace(/^(d\S+) \d+ (\S+ \S+) \d+ /gm, "$1 N $2 N "),
  ),

  /** bash names processes by number when it says how one ended. */
  pids: (result) => ({
    ...result,
    stderr: result.stderr.replace(/(line \d+:) +\d+ (?=[A-Z])/g, "$1 PID "),
  }),
};

export function normalise(result: Result, names: readonly string[]): Result {
  let out = { ...result, stderr: plainQuotes(result.stderr) };
  for (const name of names) {
    const rule = RULES[name];
    if (rule === undefined) throw new Error(`no normalisation is named ${name}`);
    out = rule(out);
  }
  return out;
}

/** GNU tools quote names ‘so’ in a UTF-8 locale and 'so' elsewhere, and do it tool by tool. */
function plainQuotes(text: string): string {
  return text.replace(/\xe2\x80[\x98\x99]/g, "'");
}

function stdout(rewrite: (text: string) => string): Rewrite {
  return (result) => ({ ...result, stdout: rewrite(result.stdout) });
}
