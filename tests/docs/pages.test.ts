/** The code blocks of the pages in docs/ are run, and print what the pages say they print. */
import { readFileSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { readExamples, runExample } from "./code-blocks.ts";

const ROOT = resolve(import.meta.dirname, "../..");

// Machines of an earlier run were made on the base image of that time.
beforeAll(() => rmSync(resolve(ROOT, "build/docs-machines"), { recursive: true, force: true }));

describe.each(["api.md", "mounts.md", "limits.md", "network.md", "permissions.md", "tools.md"])(
  "docs/%s",
  (name) => {
    const page = readFileSync(resolve(ROOT, "docs", name), "utf8");

    for (const example of readExamples(page)) {
      test.skipIf(example.skipped !== undefined)(`line ${example.line}`, async () => {
        for (const { status, stdout, stderr, expected } of await runExample(example)) {
          expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
          if (expected !== undefined) expect(stdout).toBe(expected);
        }
      });
    }
  },
);
