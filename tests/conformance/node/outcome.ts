/** What a run of one test gave, and what that means by the rules of Node's own runner. */
import { basename } from "node:path";
import type { Case } from "./checkout.ts";

export interface Outcome {
  /** Both streams in the order of writing, its beginning and end where it is very long. */
  readonly output: string;
  /** Minus the signal's number where a signal ended it. */
  readonly status: number;
  readonly ms: number;
  /** Why there is no status: it took too long, or the place where it ran failed. */
  readonly trouble?: string;
}

/** A skip is the test's own: `common.skip` says so and ends with status 0. */
export type Verdict = "pass" | "fail" | "skip";

export interface Judgement {
  readonly verdict: Verdict;
  /** One line: why it failed or skipped. */
  readonly why: string;
}

const SKIPPED = /^1\.\.0 # Skipped: ?(.*)$/m;

export function judge(test: Case, outcome: Outcome): Judgement {
  const { output, status, trouble } = outcome;
  if (trouble !== undefined) return { verdict: "fail", why: trouble };
  const skipped = SKIPPED.exec(output);
  if (skipped && status === 0) return { verdict: "skip", why: skipped[1] ?? "" };
  if (test.expected !== undefined) {
    const difference = compare(test, test.expected, output);
    return difference === undefined
      ? { verdict: "pass", why: "" }
      : { verdict: "fail", why: difference };
  }
  return status === 0 ? { verdict: "pass", why: "" } : { verdict: "fail", why: causeIn(outcome) };
}

/** Line by line; in the expected text `*` stands for anything and `%(basename)s` for the file's name. */
function compare(test: Case, expected: string, output: string): string | undefined {
  const patterns = lines(expected).map((line) =>
    line.replaceAll("%(basename)s", basename(test.path)).replaceAll("%%", "%"),
  );
  const actual = lines(output).filter((line) => !/^(==|\*\*)/.test(line));
  for (const [index, line] of actual.entries()) {
    const pattern = patterns[index];
    if (pattern === undefined) return `output: a line too many: ${line}`;
    if (!matches(pattern, line)) return `output: expected ${pattern}, got ${line}`;
  }
  const missing = patterns[actual.length];
  return missing === undefined ? undefined : `output: missing: ${missing}`;
}

function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "");
}

function matches(pattern: string, line: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(line);
}

/** The line of the output that tells most: the first that names an error, and where that was thrown. */
function causeIn({ output, status }: Outcome): string {
  const all = output.split("\n").map((line) => line.trim());
  const index = TELLING.map((pattern) => all.findIndex((line) => pattern.test(line))).find(
    (found) => found >= 0,
  );
  if (index === undefined) {
    const last = all.findLast((line) => line !== "") ?? "no output";
    return `${last.slice(0, 300)} (status ${status})`;
  }
  let telling = all[index]!;
  // What was expected and what came stands in the lines that follow.
  if (telling.endsWith(":")) {
    const rest = all.slice(index + 1, index + 8).filter((line) => line !== "");
    telling += ` ${rest.slice(0, 4).join(" | ")}`;
  }
  const frame = all.slice(index + 1, index + 20).find((line) => /^at .*[:(]/.test(line));
  return `${telling.slice(0, 300)} (status ${status}) ${frame ?? ""}`.trimEnd();
}

const TELLING = [
  /^(Uncaught )?\w*(Error|Exception)\b.*[:[]/,
  /mustCall|Mismatched|not ok|# fail [1-9]/,
  /\b(Error|error|fatal|FATAL|not found|cannot)\b/,
];
