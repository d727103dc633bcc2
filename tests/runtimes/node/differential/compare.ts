/** One test for each scenario of a folder: the machine must say what Node 22 said. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { createVm, hostDirectory } from "../../../../src/index.ts";
import { formatResult, type Result } from "../../../differential/transcript.ts";
import {
  DIRECTORY,
  ENVIRONMENT,
  MODULES,
  normalise,
  parseScenarios,
  type Scenario,
} from "./scenario.ts";

/** `exceptions`: what differs, by title. `modules`: the host's folder of packages. */
export function compareScenarios(
  folder: string,
  exceptions: Readonly<Record<string, string>>,
  modules?: () => string,
): void {
  for (const file of readdirSync(folder)) {
    const scenarios = parseScenarios(readFileSync(join(folder, file), "utf8"));
    describe.concurrent(`${basename(file, ".transcript")}: as Node 22`, () => {
      test.each(scenarios.map((scenario) => [titleOf(scenario), scenario] as const))(
        "%s",
        async (title, scenario) => {
          const got = formatResult(normalise(await run(scenario, modules?.())));
          const expected = formatResult(normalise(scenario.entry.expected));
          if (exceptions[title] === undefined) expect(got).toEqual(expected);
          else expect(got, "agrees by now: take it from exceptions.ts").not.toEqual(expected);
        },
        TIMEOUT_MS,
      );
    });
  }
}

const TIMEOUT_MS = 240_000;

function titleOf({ entry }: Scenario): string {
  return entry.leading.join(" ").replace(/^# /, "") || entry.command;
}

async function run({ entry, files }: Scenario, modules: string | undefined): Promise<Result> {
  const mounts = modules === undefined ? {} : { [MODULES]: hostDirectory(modules) };
  await using vm = await createVm({ mounts });
  await vm.fs.mkdir(DIRECTORY, { recursive: true });
  await vm.exec(`chown user ${DIRECTORY}`, { user: "root" });
  for (const [name, text] of files) {
    const path = join(DIRECTORY, name);
    await vm.fs.mkdir(dirname(path), { recursive: true });
    await vm.fs.writeFile(path, text);
  }
  const { stdout, stderr, exitCode } = await vm.exec(entry.command, {
    cwd: DIRECTORY,
    env: ENVIRONMENT,
    encoding: "latin1",
    timeout: TIMEOUT_MS - 5_000,
  });
  return { stdout, stderr, status: exitCode };
}
