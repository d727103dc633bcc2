/** Scripts must say in a machine what Node 22 said on the host: the same text, streams and exit status. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { createVm } from "../../../../src/index.ts";
import { formatResult, type Result } from "../../../differential/transcript.ts";
import { DIRECTORY, normalise, parseScenarios, type Scenario } from "./scenario.ts";

const FOLDER = join(import.meta.dirname, "scenarios");

for (const file of readdirSync(FOLDER)) {
  const scenarios = parseScenarios(readFileSync(join(FOLDER, file), "utf8"));
  describe.concurrent(`${basename(file, ".transcript")}: as Node 22`, () => {
    test.each(scenarios.map((scenario) => [titleOf(scenario), scenario] as const))(
      "%s",
      async (_, scenario) => {
        const got = normalise(await run(scenario));
        expect(formatResult(got)).toEqual(formatResult(scenario.entry.expected));
      },
    );
  });
}

function titleOf({ entry }: Scenario): string {
  return entry.leading.join(" ").replace(/^# /, "") || entry.command;
}

async function run({ entry, files }: Scenario): Promise<Result> {
  await using vm = await createVm();
  await vm.fs.mkdir(DIRECTORY);
  for (const [name, text] of files) {
    const path = join(DIRECTORY, name);
    await vm.fs.mkdir(dirname(path), { recursive: true });
    await vm.fs.writeFile(path, text);
  }
  const { stdout, stderr, exitCode } = await vm.exec(entry.command, {
    cwd: DIRECTORY,
    env: { HOME: DIRECTORY, LANG: "C.UTF-8", TZ: "UTC" },
    encoding: "latin1",
    timeout: 25_000,
  });
  return { stdout, stderr, status: exitCode };
}
