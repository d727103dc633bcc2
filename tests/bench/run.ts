/**
 * `npm run bench [-- SUITE...]`: runs the suites one after the other, each in a fresh process, prints
 * one table and writes build/bench/latest.json and a dated copy. Status 1 if a bar was missed.
 *
 * A child is this same file with `--suite NAME`; it sends its lines over the IPC channel.
 */
import { fork } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Line, Report, table, thisMachine } from "./harness.ts";

const SUITES = join(import.meta.dirname, "suites");
const OUTPUT = resolve(import.meta.dirname, "../../build/bench");

/** V8 lets the nursery of the main thread grow to 64 MB by and by, which would hide what is left. */
const FIXED_NURSERY = ["--max-semi-space-size=2"];
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  memory: FIXED_NURSERY,
  leaks: FIXED_NURSERY,
};

const [flag, name] = process.argv.slice(2);
if (flag === "--suite" && name !== undefined) await runSuite(name);
else process.exitCode = await runAll(process.argv.slice(2));

async function runAll(wanted: readonly string[]): Promise<number> {
  const known = readdirSync(SUITES).map((file) => file.replace(/\.ts$/, ""));
  const unknown = wanted.find((suite) => !known.includes(suite));
  if (unknown !== undefined) {
    console.error(`bench: no suite is named ${unknown}; there are ${known.join(", ")}`);
    return 2;
  }
  const machine = thisMachine();
  console.log(
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ${machine.platform}\n`,
  );
  const lines: (Line & { suite: string })[] = [];
  for (const suite of wanted.length > 0 ? wanted : known) {
    const found = await startSuite(suite);
    console.log(`${suite}\n${table(found)}\n`);
    lines.push(...found.map((line) => ({ suite, ...line })));
  }
  write({ machine, lines });
  const bars = lines.filter(({ met }) => met !== undefined);
  const missed = bars.filter(({ met }) => met === false);
  console.log(`${bars.length - missed.length} of ${bars.length} bars met`);
  for (const line of missed) console.log(`missed: ${line.suite}: ${line.name}`);
  return missed.length === 0 ? 0 : 1;
}

function startSuite(suite: string): Promise<Line[]> {
  const child = fork(import.meta.filename, ["--suite", suite], {
    execArgv: ["--expose-gc", "--no-warnings", ...(FLAGS[suite] ?? [])],
  });
  let lines: Line[] | undefined;
  child.on("message", (message) => {
    lines = message as Line[];
  });
  return new Promise((settle, fail) => {
    child.on("error", fail);
    child.on("exit", (status, signal) => {
      if (lines !== undefined && status === 0) settle(lines);
      else fail(new Error(`bench ${suite} ended with ${signal ?? `status ${status}`}`));
    });
  });
}

async function runSuite(suite: string): Promise<void> {
  const report = new Report();
  const { default: run } = (await import(join(SUITES, `${suite}.ts`))) as {
    default: (report: Report) => Promise<void>;
  };
  await run(report);
  await new Promise((sent) => process.send?.(report.lines, sent));
  process.disconnect?.();
}

function write(result: unknown): void {
  mkdirSync(OUTPUT, { recursive: true });
  const dated = join(OUTPUT, `${new Date().toISOString().replace(/[:.]/g, "-")}.json`);
  writeFileSync(dated, `${JSON.stringify(result, null, 2)}\n`);
  copyFileSync(dated, join(OUTPUT, "latest.json"));
}
