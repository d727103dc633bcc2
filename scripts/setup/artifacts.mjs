/** Built things: the base image and dist/, each built again only when what it is made of changed. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { at, ROOT, say } from "./paths.mjs";

/** @param {string} node */
export function buildImage(node) {
  ensure(
    "build/.base-image-stamp",
    ["build/base-image", "src/images", "scripts/build-base-image.ts"],
    "the base image",
    () => runNode(node, "scripts/build-base-image.ts"),
  );
}

/** @param {string} node */
export function buildNodeLibrary(node) {
  ensure(
    "build/.node-library-stamp",
    ["build/node-library", "src/node-library", "scripts/build-node-library.ts"],
    "Node's library",
    () => runNode(node, "scripts/build-node-library.ts"),
  );
}

/** @param {string} node */
export function buildLibrary(node) {
  if (!existsSync(at("src/index.ts"))) return;
  ensure(
    "dist/node/.stamp",
    ["kernel", "runtimes", "src", "scripts", "vite.config.ts", "package-lock.json"],
    "dist/",
    () => {
      say("building dist/");
      return runNode(node, "scripts/build-bundles.ts");
    },
  );
}

/**
 * Calls `build` unless the stamp says that these very files were built.
 * @param {string} stamp
 * @param {string[]} sources
 * @param {string} what
 * @param {() => boolean} build
 */
function ensure(stamp, sources, what, build) {
  if (existsSync(at(stamp)) && readFileSync(at(stamp), "utf8") === fingerprint(sources)) return;
  if (!build()) throw new Error(`could not build ${what}`);
  mkdirSync(dirname(at(stamp)), { recursive: true });
  writeFileSync(at(stamp), fingerprint(sources));
}

/**
 * Runs a script; what it says goes to stderr, for stdout belongs to the command that follows.
 * @param {string} node
 * @param {string[]} args
 */
function runNode(node, ...args) {
  return spawnSync(node, args, { cwd: ROOT, stdio: ["ignore", 2, 2] }).status === 0;
}

/**
 * A digest of the names and contents of all files under `paths`; of names alone in build/.
 * @param {string[]} paths
 */
function fingerprint(paths) {
  const hash = createHash("sha256");
  for (const file of paths.flatMap(listFiles)) {
    hash.update(`${file}\0`);
    if (!file.startsWith("build/")) hash.update(readFileSync(join(ROOT, file))).update("\0");
  }
  return hash.digest("hex");
}

/**
 * @param {string} path
 * @returns {string[]}
 */
function listFiles(path) {
  if (!existsSync(at(path))) return [];
  if (/\.\w+$/.test(path)) return [path];
  return readdirSync(at(path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1))
    .sort();
}
