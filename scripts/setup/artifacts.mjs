/** Built things: the base image and dist/, each built again only when what it is made of changed. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { at, ROOT, run, say } from "./paths.mjs";

const LIBRARY_SOURCES = ["kernel", "runtimes", "src", "vite.config.ts", "package-lock.json"];
const LIBRARY_STAMP = "dist/node/.stamp";

/** @param {string} node */
export function buildImage(node) {
  const script = at("scripts/build-base-image.ts");
  if (existsSync(script)) run(node, [script]);
}

/** @param {string} node */
export function buildLibrary(node) {
  const print = fingerprint(LIBRARY_SOURCES);
  if (existsSync(at(LIBRARY_STAMP)) && readFileSync(at(LIBRARY_STAMP), "utf8") === print) return;
  if (!existsSync(at("src/index.ts"))) return;
  say("building dist/");
  run(node, [at("node_modules/vite/bin/vite.js"), "build", "--logLevel", "warn"]);
  mkdirSync(at("dist/node"), { recursive: true });
  writeFileSync(at(LIBRARY_STAMP), print);
}

/**
 * A digest of the names and contents of all files under `paths`.
 * @param {string[]} paths
 */
function fingerprint(paths) {
  const hash = createHash("sha256");
  for (const file of paths.flatMap(listFiles)) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(ROOT, file)))
      .update("\0");
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
