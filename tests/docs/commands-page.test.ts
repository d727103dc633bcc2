/** docs/commands.md lists what the base image holds. */
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, test } from "vitest";

test("the page of commands is current", () => {
  const root = resolve(import.meta.dirname, "../..");
  const args = ["scripts/write-commands-page.ts", "--check"];
  expect(() => execFileSync(process.execPath, args, { cwd: root, stdio: "pipe" })).not.toThrow();
});
