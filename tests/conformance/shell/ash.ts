/**
 * Reads busybox' shell/ash_test: scripts NAME.tests with what they print, both streams together, in
 * NAME.right beside them.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Case, Outcome } from "./case.ts";

export function loadAsh(root: string): Case[] {
  const folder = join(root, "shell", "ash_test");
  const groups = readdirSync(folder, { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  return groups.flatMap(({ name: group }) => {
    const names = readdirSync(join(folder, group)).sort();
    const helpers = names.filter((name) => !/\.(tests|right)$/.test(name));
    const tests = names.filter(
      (name) => name.endsWith(".tests") && names.includes(name.replace(/tests$/, "right")),
    );
    return tests.map((test): Case => {
      const path = (name: string) => join(folder, group, name);
      return {
        id: `${group}: ${test.slice(0, -".tests".length)}`,
        file: group,
        argv: ["bash", `./${test}`],
        stdin: undefined,
        merged: true,
        files: Object.fromEntries([test, ...helpers].map((name) => [name, path(name)])),
        directories: [],
        expected: { stdout: readFileSync(path(test.replace(/tests$/, "right")), "latin1") },
      };
    });
  });
}

/** busybox' own runner takes this difference between C libraries out before it compares. */
export function normalizeAsh(outcome: Outcome): Outcome {
  const stdout = outcome.stdout.replace(/^.*: invalid option .*$/gm, (line) =>
    line.replaceAll("'", ""),
  );
  return { ...outcome, stdout };
}
