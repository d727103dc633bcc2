/** Installs what package-lock.json names when node_modules lacks some of it. */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, relative } from "node:path";
import { findPinnedNode, pinnedNodePackage } from "../../bin/pinned-node.mjs";
import { at, run, say } from "./paths.mjs";

/**
 * @typedef {{ version?: string, optional?: boolean, devOptional?: boolean }} LockEntry
 * @typedef {{ packages: Record<string, LockEntry> }} Lock
 */

export function installPackages() {
  const missing = firstMissing();
  if (missing === undefined) return;
  const fresh = !existsSync(at("node_modules"));
  say(fresh ? "installing packages" : `installing packages (${missing})`);
  // Not `npm ci`, which would empty node_modules under whoever is running there. No package needs
  // its scripts: native parts come prebuilt inside the packages.
  const [npm, ...prefix] = npmCommand();
  run(
    npm,
    [
      ...prefix,
      "install",
      "--no-save",
      "--ignore-scripts",
      "--include=dev",
      "--include=optional",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
    ],
    environment(),
  );
  const still = firstMissing();
  if (still !== undefined) throw new Error(`npm did not install all packages: ${still}`);
}

/**
 * npm runs scripts with node_modules/.bin first on PATH, so this is what makes them use the pinned
 * Node. Some npm versions drop the link again when they discard the other platforms' packages.
 * @param {string} node
 */
export function linkNode(node) {
  const windows = process.platform === "win32";
  const link = at("node_modules/.bin", windows ? "node.cmd" : "node");
  if (existsSync(link)) return;
  mkdirSync(dirname(link), { recursive: true });
  if (windows) writeFileSync(link, `@"${node}" %*\r\n`);
  else symlinkSync(relative(dirname(link), node), link);
}

/** What the lock file names and node_modules has not, or undefined when all is there. */
function firstMissing() {
  if (pinnedNodePackage() !== undefined && findPinnedNode() === undefined) {
    return `${pinnedNodePackage()} is missing`;
  }
  const installed = readLock("node_modules/.package-lock.json")?.packages ?? {};
  const wanted = readLock("package-lock.json")?.packages ?? {};
  for (const [path, { version, optional, devOptional }] of Object.entries(wanted)) {
    if (path === "") continue;
    const have = installed[path]?.version;
    // Optional packages are mostly other platforms' binaries.
    if (have === undefined && (optional || devOptional)) continue;
    if (!existsSync(at(path))) return `${path} is missing`;
    if (have !== version) return `${path} is ${have ?? "missing"}, the lock file has ${version}`;
  }
  return undefined;
}

/**
 * @param {string} path
 * @returns {Lock | undefined}
 */
function readLock(path) {
  return existsSync(at(path)) ? JSON.parse(readFileSync(at(path), "utf8")) : undefined;
}

/**
 * The npm that started us, else the one on PATH.
 * @returns {[string, ...string[]]}
 */
function npmCommand() {
  const script = process.env.npm_execpath;
  if (script !== undefined && basename(script) === "npm-cli.js") return [process.execPath, script];
  return [process.platform === "win32" ? "npm.cmd" : "npm"];
}

/** npm tells its scripts its own state through npm_*; an inner npm must not take it for settings. */
function environment() {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^npm_(?!config_)/.test(name) && !/^npm_config_(local_prefix|global)/.test(name),
  );
  return Object.fromEntries(kept.filter(([name]) => name !== "NODE_ENV"));
}
