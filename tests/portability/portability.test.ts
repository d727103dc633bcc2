/**
 * The kernel stays pure: kernel and shell, as one module that imports nothing, say the same in Node,
 * in a Worker of a browser tab and at the edge.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { bundle, MACHINE } from "./bundle.ts";
import { runInChromium } from "./hosts/chromium.ts";
import type { LineResult, RunLines } from "./hosts/host.ts";
import { runInNode } from "./hosts/node.ts";
import { runInWorkerd } from "./hosts/workerd.ts";
import { LINES } from "./lines.ts";

const HOSTS: Record<string, RunLines> = {
  Node: runInNode,
  "a Chromium Worker": runInChromium,
  workerd: runInWorkerd,
};

let machine: string;

beforeAll(async () => {
  machine = await bundle(MACHINE);
});

test("a module of Node in it would be named, not bundled", async () => {
  const folder = await mkdtemp(join(tmpdir(), "isopod-impure-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const entry = join(folder, "impure.js");
  await writeFile(entry, 'export { readFileSync } from "node:fs";');
  await expect(bundle(entry)).rejects.toThrow("impure.js imports node:fs");
});

describe.each(Object.entries(HOSTS))("in %s", (_, runLines) => {
  let results: LineResult[] = [];

  beforeAll(async () => {
    results = await runLines(
      machine,
      LINES.map(({ line }) => line),
    );
  });

  test.each(LINES.map((line, index) => ({ ...line, index })))("$line", (expected) => {
    const { stdout, stderr, status } = expected;
    expect(results[expected.index]).toEqual({ stdout, stderr, status });
  });
});
