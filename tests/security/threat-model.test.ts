/** THREAT_MODEL.md names tests that exist, and every test of this folder. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const text = readFileSync(resolve(ROOT, "THREAT_MODEL.md"), "utf8");
const named = new Set(text.match(/tests\/[\w./-]+\.test\.ts/g));

test("every test that it names exists", () => {
  expect(named.size).toBeGreaterThan(20);
  expect([...named].filter((path) => !existsSync(resolve(ROOT, path)))).toEqual([]);
});

test("every test of tests/security is named", () => {
  const own = "tests/security/threat-model.test.ts";
  const all = globSync("tests/security/**/*.test.ts", { cwd: ROOT }).filter((path) => path !== own);
  expect(all.length).toBeGreaterThan(10);
  expect(all.filter((path) => !named.has(path))).toEqual([]);
});

test("every row has a defence, tests and what remains, and the README leads here", () => {
  const rows = text.split("\n").filter((line) => /^\| \d+\. /.test(line));
  expect(rows.length).toBeGreaterThanOrEqual(20);
  for (const row of rows) {
    const cells = row.split("|").slice(1, -1);
    expect(cells.length).toBe(4);
    expect(cells[2]).toMatch(/`tests\//);
    for (const cell of cells) expect(cell.trim()).not.toBe("");
  }
  expect(readFileSync(resolve(ROOT, "README.md"), "utf8")).toContain("(THREAT_MODEL.md)");
});
