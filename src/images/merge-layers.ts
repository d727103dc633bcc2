/**
 * Puts layers on each other: a later layer's names replace an earlier one's, and its whiteouts remove
 * them. The outcome is a tree: each name stands in a directory.
 *
 * Specification: https://github.com/opencontainers/image-spec/blob/main/layer.md
 */
import type { ImageEntry } from "../../kernel/vfs/image-source.ts";
import { type LayerEntry, OPAQUE, WHITEOUT } from "./layer.ts";
import { imageError } from "./oci/digest.ts";

/** Directories that no archive lists: a name can bring two thousand of them with it. */
const IMPLIED_MAX = 1 << 18;

/** Parents come before their children; the rest is in order of the names. */
export function mergeLayers(
  layers: readonly { readonly where: string; readonly entries: readonly LayerEntry[] }[],
): ImageEntry[] {
  const tree = new Tree();
  for (const [i, { where, entries }] of layers.entries()) {
    if (i > 0) removeHidden(tree, entries);
    addEntries(where, tree, entries);
  }
  if (!tree.get("/")) tree.set("/", directory("/"));
  return [...tree.entries()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Entries by path, and the names in each directory: what is removed costs as much as it was to add. */
class Tree {
  readonly #entries = new Map<string, ImageEntry>();
  readonly #names = new Map<string, Set<string>>();
  /** Directories that were added because something lies in them. */
  implied = 0;

  entries(): Iterable<ImageEntry> {
    return this.#entries.values();
  }

  get(path: string): ImageEntry | undefined {
    return this.#entries.get(path);
  }

  set(path: string, entry: ImageEntry): void {
    this.#entries.set(path, entry);
    if (path === "/") return;
    const parent = parentOf(path);
    const names = this.#names.get(parent);
    if (names) names.add(path);
    else this.#names.set(parent, new Set([path]));
  }

  delete(path: string): void {
    this.#entries.delete(path);
    this.#names.get(parentOf(path))?.delete(path);
  }

  removeBelow(path: string): void {
    const all = [...(this.#names.get(path) ?? [])];
    this.#names.delete(path);
    for (let below = all.pop(); below !== undefined; below = all.pop()) {
      this.#entries.delete(below);
      for (const deeper of this.#names.get(below) ?? []) all.push(deeper);
      this.#names.delete(below);
    }
  }
}

/** Whiteouts hide what earlier layers have, never the names of their own layer. */
function removeHidden(tree: Tree, entries: readonly LayerEntry[]): void {
  for (const { path } of entries) {
    const name = nameOf(path);
    if (name === OPAQUE) tree.removeBelow(parentOf(path));
    else if (name.startsWith(WHITEOUT)) {
      const hidden = join(parentOf(path), name.slice(WHITEOUT.length));
      tree.delete(hidden);
      tree.removeBelow(hidden);
    }
  }
}

function addEntries(where: string, tree: Tree, entries: readonly LayerEntry[]): void {
  for (const entry of entries) {
    const { path } = entry;
    if (nameOf(path).startsWith(WHITEOUT)) continue;
    addParents(where, tree, path);
    const old = tree.get(path);
    if (path === "/" && entry.kind !== "directory") throw imageError(where, "/ is no directory");
    if (old?.kind === "directory" && entry.kind !== "directory") tree.removeBelow(path);
    tree.set(path, entry.kind === "hardlink" ? linked(where, tree, entry) : (entry as ImageEntry));
  }
}

/** Another name of an earlier entry. A later write to one of them does not show in the other. */
function linked(where: string, tree: Tree, entry: LayerEntry): ImageEntry {
  const target = tree.get(entry.target ?? "");
  if (target?.kind === "file" || target?.kind === "symlink") return { ...target, path: entry.path };
  throw imageError(where, `${entry.path} is a hard link to ${entry.target}, which is no file`);
}

/** Directories that archives left out. A link on the way would lead entries elsewhere: refused. */
function addParents(where: string, tree: Tree, path: string): void {
  if (path === "/") return;
  const parent = parentOf(path);
  const known = tree.get(parent);
  if (known?.kind === "directory") return;
  if (known) throw imageError(where, `${path} lies beneath ${parent}, which is a ${known.kind}`);
  if (++tree.implied > IMPLIED_MAX) {
    throw imageError(where, `leaves out more than ${IMPLIED_MAX} directories`);
  }
  addParents(where, tree, parent);
  tree.set(parent, directory(parent));
}

function directory(path: string): ImageEntry {
  return { path, kind: "directory", mode: 0o755, uid: 0, gid: 0, mtime: 0 };
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function join(folder: string, name: string): string {
  return folder === "/" ? `/${name}` : `${folder}/${name}`;
}
