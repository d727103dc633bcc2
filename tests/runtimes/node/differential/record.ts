/**
 * `node tests/runtimes/node/differential/record.ts [GROUP...]`: runs every scenario by the host's Node 22, which
 * ISOPOD_NODE_22 names, and writes what it said beside it. As nobody special where the runner is root.
 */
import { spawnSync } from "node:child_process";
import { chownSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { basename, dirname, join } from "node:path";
import type { Result } from "../../../differential/transcript.ts";
import {
  DIRECTORY,
  formatScenarios,
  normalise,
  parseScenarios,
  type Scenario,
} from "./scenario.ts";

const FOLDER = join(import.meta.dirname, "scenarios");
const USER = 1000;

const node = process.env["ISOPOD_NODE_22"];
if (!node) throw new Error("ISOPOD_NODE_22 must name a Node 22");
const wanted = process.argv.slice(2);
for (const file of readdirSync(FOLDER).sort()) {
  const group = basename(file, ".transcript");
  if (wanted.length > 0 && !wanted.includes(group)) continue;
  const scenarios = parseScenarios(readFileSync(join(FOLDER, file), "utf8"));
  const recorded = scenarios.map((each) => ({
    ...each,
    entry: { ...each.entry, expected: normalise(run(each)) },
  }));
  writeFileSync(join(FOLDER, file), formatScenarios(recorded));
  console.log(`${group}: ${recorded.length} scenarios`);
}

function run({ entry, files }: Scenario): Result {
  rmSync(DIRECTORY, { recursive: true, force: true });
  const own = process.getuid?.() === 0 ? { uid: USER, gid: USER } : {};
  const make = (path: string) => {
    mkdirSync(path, { recursive: true });
    if ("uid" in own) chownSync(path, USER, USER);
  };
  make(DIRECTORY);
  for (const [name, text] of files) {
    make(dirname(join(DIRECTORY, name)));
    writeFileSync(join(DIRECTORY, name), text);
    if ("uid" in own) chownSync(join(DIRECTORY, name), USER, USER);
  }
  const { stdout, stderr, status, signal } = spawnSync("/bin/bash", ["-c", entry.command], {
    ...own,
    cwd: DIRECTORY,
    env: { PATH: `${dirname(node!)}:/usr/bin:/bin`, HOME: DIRECTORY, LANG: "C.UTF-8", TZ: "UTC" },
    encoding: "latin1",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 30_000,
  });
  rmSync(DIRECTORY, { recursive: true, force: true });
  return { stdout, stderr, status: status ?? 128 + constants.signals[signal!] };
}
