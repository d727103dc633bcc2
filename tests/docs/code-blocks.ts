/**
 * Reads the fenced code blocks of a Markdown page and runs them as a reader would.
 *
 * - `ts`, `js`: a module, run by Node in this package, so that `import "isopod"` is the built one.
 *   A `text` block that follows directly holds what it prints.
 * - `sh`: lines that begin with `$ ` are commands, the lines below each are what it prints; without
 *   any `$ `, the whole block is a script that must end with status 0.
 * - A block under `<!-- not run: REASON -->` is left alone.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");
const SCRATCH = resolve(ROOT, ".cache/docs");
const FENCE = /^```(\w+)\n([\s\S]*?)^```$/gm;
const NOT_RUN = /<!-- not run: (.+?) -->\s*$/;

export interface Example {
  readonly line: number;
  readonly language: string;
  readonly code: string;
  /** What it must print, where the page says so. */
  readonly output: string | undefined;
  /** Why it is not run. */
  readonly skipped: string | undefined;
}

export interface Run {
  readonly command: string;
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly expected: string | undefined;
}

export function readExamples(page: string): Example[] {
  const fences = [...page.matchAll(FENCE)];
  const examples: Example[] = [];
  for (const [index, fence] of fences.entries()) {
    const [whole, language = "", code = ""] = fence;
    if (!["ts", "js", "sh"].includes(language)) continue;
    const before = page.slice(0, fence.index);
    const next = fences[index + 1];
    const between = next && page.slice(fence.index + whole.length, next.index);
    const hasOutput = next?.[1] === "text" && between?.trim() === "";
    examples.push({
      line: before.split("\n").length,
      language,
      code,
      output: hasOutput ? next[2] : undefined,
      skipped: NOT_RUN.exec(before)?.[1],
    });
  }
  return examples;
}

export async function runExample(example: Example): Promise<Run[]> {
  if (example.language === "sh") return runShell(example);
  await mkdir(SCRATCH, { recursive: true });
  // Named after its content: pages are checked at the same time.
  const digest = createHash("sha256").update(example.code).digest("hex").slice(0, 12);
  const file = resolve(SCRATCH, `${digest}.${example.language}`);
  await writeFile(file, example.code);
  return [await run(process.execPath, [file], example.output)];
}

async function runShell({ code, output }: Example): Promise<Run[]> {
  if (!/^\$ /m.test(code)) return [await run("bash", ["-euc", code], output)];
  const runs: Run[] = [];
  for (const part of code.split(/^\$ /m).slice(1)) {
    const [command = "", ...printed] = part.split("\n");
    runs.push(await run("bash", ["-c", command], printed.join("\n")));
  }
  return runs;
}

function run(program: string, args: string[], expected: string | undefined): Promise<Run> {
  const child = spawn(program, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((settle, fail) => {
    child.on("error", fail);
    child.on("close", (status) => {
      settle({ command: args.at(-1) ?? "", status, stdout, stderr, expected });
    });
  });
}
