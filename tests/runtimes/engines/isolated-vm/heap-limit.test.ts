/** A program may ask for less heap than it gets, not for more. */
import { expect, test } from "vitest";
import { heapLimit } from "../../../../runtimes/engines/isolated-vm/heap-limit.ts";
import { lastWords } from "../../../../runtimes/engines/isolated-vm/last-words.ts";

test.each([
  [["node", "x.js"], [], 512],
  [["node", "--max-old-space-size=100", "x.js"], [], 100],
  [["node", "--max_old_space_size=100", "--max-old-space-size=200", "x.js"], [], 200],
  [["node", "-r", "./a.js", "--max-old-space-size=100", "x.js"], [], 100],
  [["node", "--max-old-space-size=99999", "x.js"], [], 512],
  [["node", "--max-old-space-size=1", "x.js"], [], 16],
  [["node", "--max-old-space-size=0", "x.js"], [], 512],
  [["node", "x.js", "--max-old-space-size=100"], [], 512],
  [["node", "x.js"], ["NODE_OPTIONS=--no-warnings --max-old-space-size=64"], 64],
  [["node", "--max-old-space-size=100", "x.js"], ["NODE_OPTIONS=--max-old-space-size=64"], 100],
  [["node", "x.js"], ["OTHER=--max-old-space-size=64"], 512],
])("%j with %j", (argv, envp, megabytes) => {
  expect(heapLimit({ argv, envp }, 512)).toBe(megabytes);
});

test("last words are V8's for a full heap, and else tell nothing of the host", () => {
  expect(lastWords(new Error("Isolate was disposed during execution due to memory limit"))).toMatch(
    /^\nFATAL ERROR: .*JavaScript heap out of memory\n$/,
  );
  const error = new TypeError("broken");
  error.stack =
    "TypeError: broken\n    at guest\n    at (<isolated-vm boundary>)\n    at /host/path";
  expect(lastWords(error)).toMatch(/TypeError: broken\n {4}at guest\n$/);
});
