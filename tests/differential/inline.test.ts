/** The same lines where every wasm program shares the kernel's thread. */
import { afterAll, describe, expect } from "vitest";
import { createInlineVm, inlineFaults } from "../support/inline-vm.ts";
import { compareTranscript } from "./compare.ts";

afterAll(() => expect(inlineFaults).toEqual([]));

describe("inline", () => {
  for (const group of [
    "archives",
    "data",
    "files",
    "git",
    "processes",
    "search",
    "shell",
    "text",
  ]) {
    compareTranscript(group, createInlineVm);
  }
});
