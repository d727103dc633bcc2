/**
 * Runs a scenario by the host's Node 22, as nobody special. Linux and root: the place where it runs is a
 * name space of its own.
 */
import { spawnSync } from "node:child_process";
import { chownSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { basename, dirname, join } from "node:path";
import type { Result } from "../../../differential/transcript.ts";
import {
  DIRECTORY,
  ENVIRONMENT,
  formatScenarios,
  MODULES,
  normalise,
  parseScenarios,
  type Scenario,
} from "./scenario.ts";

const USER = 1000;

/** Writes beside every scenario of a folder, or of some groups of it, what `node` said to it. */
export function record(
  folder: string,
  node: string,
  { groups = [], modules }: { groups?: readonly string[]; modules?: string } = {},
): void {
  for (const file of readdirSync(folder).sort()) {
    const group = basename(file, ".transcript");
    if (groups.length > 0 && !groups.includes(group)) continue;
    const scenarios = parseScenarios(readFileSync(join(folder, file), "utf8"));
    const recorded = scenarios.map((each) => ({
      ...each,
      entry: { ...each.entry, expected: normalise(run(each, node, modules)) },
    }));
    writeFileSync(join(folder, file), formatScenarios(recorded));
    console.log(`${group}: ${recorded.length} scenarios`);
  }
}

function run({ entry, files }: Scenario, node: string, modules: string | undefined): Result {
  rmSync(DIRECTORY, { recursive: true, force: true });
  mkdirSync(modules === undefined ? DIRECTORY : MODULES, { recursive: true });
  chownSync(DIRECTORY, USER, USER);
  for (const [name, text] of files) writeAs(USER, name, text);
  const mounting = modules === undefined ? "" : `mount --bind -o ro ${modules} ${MODULES} && `;
  const user = `setpriv --reuid ${USER} --regid ${USER} --clear-groups`;
  const script = `ip link set lo up && ${mounting}exec ${user} /bin/bash -c "$0"`;
  const { stdout, stderr, status, signal } = spawnSync(
    "unshare",
    ["--mount", "--net", "/bin/sh", "-c", script, entry.command],
    {
      cwd: DIRECTORY,
      env: { PATH: `${dirname(node)}:/usr/sbin:/usr/bin:/bin`, ...ENVIRONMENT },
      encoding: "latin1",
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 60_000,
    },
  );
  rmSync(DIRECTORY, { recursive: true, force: true });
  return { stdout, stderr, status: status ?? 128 + constants.signals[signal!] };
}

function writeAs(user: number, name: string, text: string): void {
  let folder = DIRECTORY;
  for (const part of name.split("/").slice(0, -1)) {
    folder = join(folder, part);
    mkdirSync(folder, { recursive: true });
    chownSync(folder, user, user);
  }
  writeFileSync(join(DIRECTORY, name), text);
  chownSync(join(DIRECTORY, name), user, user);
}
