/**
 * @zenfs/core's own tests of node:fs against `vm.fs`, run from its package by node:test, a process for each
 * file. What has no synchronous form in `vm.fs` is left out by the suite's own flags (setup.ts).
 */
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { EXPECTED_FAILURES, LEFT_OUT } from "./expectations.ts";

const HERE = import.meta.dirname;
const TESTS = join(HERE, "../../../node_modules/@zenfs/core/tests/fs");
const TIMEOUT_MS = 60_000;

interface Result {
  name: string;
  passed: boolean;
  reason?: string;
}

const files = readdirSync(TESTS).filter((name) => name.endsWith(".test.ts"));

describe.concurrent("@zenfs/core's tests on vm.fs", () => {
  for (const file of files.filter((name) => !(name in LEFT_OUT))) {
    test(file, { timeout: TIMEOUT_MS }, async ({ expect }) => {
      const results = await run(file);
      const expected = EXPECTED_FAILURES[file] ?? {};
      const failed = results.filter(({ passed }) => !passed);
      const unexpected = failed.filter(({ name }) => !(name in expected));
      expect(unexpected, "fail without being expected to").toEqual([]);
      const stale = Object.keys(expected).filter(
        (name) => !failed.some((one) => one.name === name),
      );
      expect(stale, "pass by now").toEqual([]);
    });
  }

  test("only files that exist are left out or excused", () => {
    for (const name of [...Object.keys(LEFT_OUT), ...Object.keys(EXPECTED_FAILURES)])
      expect(files).toContain(name);
  });
});

/** Every test of a file that was not left out by a flag. */
async function run(file: string): Promise<Result[]> {
  const args = [
    "--disable-warning=ExperimentalWarning",
    `--import=${join(HERE, "hooks.mjs")}`,
    `--test-reporter=${join(HERE, "reporter.mjs")}`,
    join(TESTS, file),
  ];
  const env = { ...process.env, SETUP: join(HERE, "setup.ts"), NODE_OPTIONS: "" };
  const { stdout, stderr } = await new Promise<{ stdout: string; stderr: string }>((resolve) => {
    // A failing test makes the exit status 1, which is no error here.
    execFile(process.execPath, args, { env, timeout: TIMEOUT_MS }, (_error, stdout, stderr) =>
      resolve({ stdout, stderr }),
    );
  });
  const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
  expect(lines.length, `${file} ran no test: ${stderr}`).toBeGreaterThan(0);
  return lines.map((line) => JSON.parse(line) as Result);
}
