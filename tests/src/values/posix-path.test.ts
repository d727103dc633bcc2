import { posix } from "node:path";
import { expect, test } from "vitest";
import * as own from "../../../src/values/posix-path.ts";
import { seeded } from "../../kernel/random.ts";

const PIECES = ["/", "/", "..", ".", "a", "b.c", "//", "...", "-", "é"];

function somePaths(count: number): string[] {
  const random = seeded(7);
  return Array.from({ length: count }, () =>
    Array.from({ length: random.below(7) }, () => random.pick(PIECES)).join(""),
  );
}

const PATHS = ["", "/", ".", "..", "a/", "/a/", "a//b/../c/", "/../..", ...somePaths(3000)];

test("normalize, dirname, basename and isAbsolute answer as node:path", () => {
  for (const path of PATHS) {
    expect([path, own.normalize(path)]).toEqual([path, posix.normalize(path)]);
    expect([path, own.dirname(path)]).toEqual([path, posix.dirname(path)]);
    expect([path, own.basename(path)]).toEqual([path, posix.basename(path)]);
    expect([path, own.isAbsolute(path)]).toEqual([path, posix.isAbsolute(path)]);
  }
});

test("join and resolve do, too", () => {
  for (let i = 0; i + 1 < PATHS.length; i++) {
    const pair = [PATHS[i] as string, PATHS[i + 1] as string] as const;
    expect([pair, own.join(...pair)]).toEqual([pair, posix.join(...pair)]);
    const absolute = ["/base", ...pair];
    expect([pair, own.resolve(...absolute)]).toEqual([pair, posix.resolve(...absolute)]);
  }
});
