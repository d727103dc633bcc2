/**
 * pjdfstest inside a machine, on the host that ISOPOD_HOST names: its shell scripts run by our bash with the
 * image's own tools, and its one command over our system calls. ISOPOD_PJDFSTEST names a checkout of https://github.com/pjd/pjdfstest,
 * which is no part of this repository; without it nothing runs.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EXPECTED_FAILURES } from "./expectations.ts";
import { HOST, ScriptMachine } from "./machine.ts";
import { readTap } from "./tap.ts";

const FOLDER = process.env["ISOPOD_PJDFSTEST"];
/** Several run at any one time. */
const TIMEOUT_MS = 300_000;
/** Share of the scripts that test something here which must pass. */
const BAR = 0.95;

const scripts = FOLDER === undefined ? [] : listScripts(FOLDER);

test("a named checkout of pjdfstest has scripts", () => {
  if (FOLDER === undefined) return;
  expect(scripts.length).toBeGreaterThan(200);
});

describe.runIf(scripts.length > 0).concurrent("pjdfstest", () => {
  let machine: ScriptMachine;
  let [ran, passed] = [0, 0];

  beforeAll(async () => {
    machine = await ScriptMachine.boot(FOLDER as string);
  }, 120_000);

  afterAll(async () => {
    const faults = await machine.dispose();
    console.log(`pjdfstest on ${HOST}: ${passed} of ${ran} scripts that test something here pass`);
    expect(faults).toEqual([]);
    expect(passed / ran).toBeGreaterThanOrEqual(BAR);
  });

  test.for(scripts)("%s", { timeout: TIMEOUT_MS }, async (script, { expect }) => {
    const outcome = readTap(await machine.run(script));
    if (!outcome.empty) {
      ran++;
      if (outcome.passed) passed++;
    }
    if (script in EXPECTED_FAILURES) expect(outcome.passed, "passes by now").toBe(false);
    else expect(outcome.failures).toEqual([]);
  });
});

function listScripts(folder: string): string[] {
  const tests = join(folder, "tests");
  if (!existsSync(tests)) throw new Error(`ISOPOD_PJDFSTEST: there is no ${tests}`);
  const names = readdirSync(tests, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".t")).sort();
}
