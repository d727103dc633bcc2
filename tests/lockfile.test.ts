/** The lock file must serve every machine: no registry's address, no package left out. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";

interface Entry {
  version?: string;
  resolved?: string;
  integrity?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const LOCK = resolve(import.meta.dirname, "../package-lock.json");
const { packages } = JSON.parse(readFileSync(LOCK, "utf8")) as { packages: Record<string, Entry> };
const entries = Object.entries(packages).filter(([path]) => path !== "");

/** As Node looks a package up: nearest node_modules first. */
function isLocked(name: string, from: string): boolean {
  const nested = from.split("/node_modules/").map((_, index, parts) => {
    return [...parts.slice(0, index + 1), name].join("/node_modules/");
  });
  return [`node_modules/${name}`, ...nested].some((path) => path in packages);
}

test("names no address and has a digest for each package", () => {
  expect(entries.length).toBeGreaterThan(50);
  expect(entries.filter(([, entry]) => entry.resolved !== undefined)).toEqual([]);
  expect(entries.filter(([, entry]) => !entry.version || !entry.integrity)).toEqual([]);
});

test("holds every platform's packages, or `npm ci` refuses it", () => {
  const missing = entries.flatMap(([path, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies })
      .filter((name) => !isLocked(name, path))
      .map((name) => `${name} of ${path}`),
  );
  expect(missing).toEqual([]);
});
