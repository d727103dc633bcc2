/** Stacks that go back to a program show no frame, and so no path, of the host. */
import { expect, test } from "vitest";
import { programFrames } from "../../../../runtimes/engines/isolated-vm/last-words.ts";

test("host frames below the boundary are cut", () => {
  const stack =
    "Error: x\n    at f (/home/user/a.js:1:2)\n    at (<isolated-vm boundary>)\n    at #call (file:///srv/app/guest-run.ts:1:1)";
  expect(programFrames(stack)).toBe("Error: x\n    at f (/home/user/a.js:1:2)");
});

test("a stack that never was a program's loses all its frames", () => {
  expect(programFrames("Error: x\n    at g (file:///srv/app/guest-run.ts:1:1)")).toBe("Error: x");
});
