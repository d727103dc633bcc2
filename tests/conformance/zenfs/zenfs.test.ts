/**
 * @zenfs/core's own tests of node:fs against `vm.fs` on each host, or on the one that ISOPOD_HOST names, run
 * from its package by node:test in a process for each host. What has no synchronous form in `vm.fs` is left
 * out by the suite's own flags (setup.ts).
 */
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { HOST_NAMES, type HostName, hostFromEnvironment } from "../../support/hosts/host.ts";
import { EXPECTED_FAILURES, LEFT_OUT } from "./expectations.ts";

const HERE = import.meta.dirname;
const TESTS = join(HERE, "../../../node_modules/@zenfs/core/tests/fs");
/** Runs the others, and tests the host itself. */
const OWN = "run.ts";
const TIMEOUT_MS = 120_000;

interface Result {
  file: string;
  name: string;
  passed: boolean;
  reason?: string;
}

const files = readdirSync(TESTS).filter((name) => name.endsWith(".test.ts"));
const hosts = process.env["ISOPOD_HOST"] === undefined ? HOST_NAMES : [hostFromEnvironment()];

describe.each(hosts)("@zenfs/core's tests on vm.fs on %s", (host) => {
  const wanted = files.filter((name) => !(name in LEFT_OUT));
  let results: readonly Result[] = [];

  beforeAll(async () => {
    results = await run(host, wanted);
    const theirs = results.filter(({ file }) => file !== OWN);
    const passed = theirs.filter((one) => one.passed).length;
    console.log(`@zenfs/core's tests on ${host}: ${passed} of ${theirs.length} pass`);
  }, TIMEOUT_MS);

  test.each([...wanted, OWN])("%s", (file) => {
    const ran = results.filter((one) => one.file === file);
    expect(ran.length, "ran no test").toBeGreaterThan(0);
    const expected = EXPECTED_FAILURES[file] ?? {};
    const failed = ran.filter(({ passed }) => !passed);
    const unexpected = failed.filter(({ name }) => !(name in expected));
    expect(unexpected, "fail without being expected to").toEqual([]);
    const stale = Object.keys(expected).filter((name) => !failed.some((one) => one.name === name));
    expect(stale, "pass by now").toEqual([]);
  });
});

test("only files that exist are left out or excused", () => {
  for (const name of [...Object.keys(LEFT_OUT), ...Object.keys(EXPECTED_FAILURES)])
    expect(files).toContain(name);
});

/** Every test of these files that was not left out by a flag. */
async function run(host: HostName, names: readonly string[]): Promise<Result[]> {
  const args = [
    "--disable-warning=ExperimentalWarning",
    `--import=${join(HERE, "hooks.mjs")}`,
    `--test-reporter=${join(HERE, "reporter.mjs")}`,
    join(HERE, OWN),
    ...names.map((name) => join(TESTS, name)),
  ];
  const setup = { SETUP: join(HERE, "setup.ts"), NODE_OPTIONS: "", ISOPOD_HOST: host };
  const options = { env: { ...process.env, ...setup }, timeout: TIMEOUT_MS };
  const { stdout, stderr } = await new Promise<{ stdout: string; stderr: string }>((resolve) => {
    // A failing test makes the exit status 1, which is no error here.
    execFile(process.execPath, args, options, (_error, stdout, stderr) =>
      resolve({ stdout, stderr }),
    );
  });
  const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
  expect(lines.length, `no test ran: ${stderr}`).toBeGreaterThan(0);
  return lines.map((line) => JSON.parse(line) as Result);
}
