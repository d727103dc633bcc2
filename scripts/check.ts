/**
 * `npm run check`: types, format and lint, unused code, unit tests, all at once and in under a
 * minute. The suites that take longer (LONG) run in `npm test` only.
 */
import { spawn } from "node:child_process";
import { resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "..");
const LONG =
  "tests/{browser,conformance,differential,edge,hosts,faults,web-demo,portability,bench,docs,cli,security}/**";
const LONG_FILES = "tests/**/*.long.test.ts";

const STEPS: Record<string, string[]> = {
  types: ["node_modules/typescript/bin/tsc", "-b"],
  lint: ["node_modules/@biomejs/biome/bin/biome", "check", "."],
  unused: ["node_modules/knip/bin/knip.js"],
  tests: [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--exclude",
    LONG,
    "--exclude",
    LONG_FILES,
    "--reporter",
    "dot",
  ],
};

const results = await Promise.all(Object.entries(STEPS).map(([name, args]) => step(name, args)));
process.exitCode = results.every((passed) => passed) ? 0 : 1;

function step(name: string, args: string[]): Promise<boolean> {
  const started = performance.now();
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  const output: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
  return new Promise((settle, fail) => {
    child.on("error", fail);
    child.on("close", (status) => {
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      if (status !== 0) process.stdout.write(Buffer.concat(output));
      console.log(`${status === 0 ? "ok  " : "FAIL"} ${name} (${seconds} s)`);
      settle(status === 0);
    });
  });
}
