/**
 * Puts layers on each other: a later layer's names replace an earlier one's, and its whiteouts remove
 * them. The outcome is a tree: each name stands in a directory.
 *
 * Specification: https://github.com/opencontainers/image-spec/blob/main/layer.md
 */
import type { ImageEntry } from "../../kernel/vfs/image-source.ts";
import { type LayerEntry, OPAQUE, WHITEOUT } from "./layer.ts";
import { imageError } from "./oci/digest.ts";

/** Parents come before their children; the rest is in order of the names. */
export function mergeLayers(
  layers: readonly { readonly where: string; readonly entries: readonly LayerEntry[] }[],
): ImageEntry[] {
  const tree = new Map<string, ImageEntry>();
  for (const [i, { where, entries }] of layers.entries()) {
    if (i > 0) removeHidden(tree, entries);
    addEntries(where, tree, entries);
  }
  if (!tree.has("/")) tree.set("/", directory("/"));
  return [...tree.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Whiteouts hide what earlier layers have, never the names of their own layer. */
function removeHidden(tree: Map<string, ImageEntry>, entries: readonly LayerEntry[]): void {
  for (const { path } of entries) {
    const name = nameOf(path);
    if (name === OPAQUE) removeBelow(tree, parentOf(path));
    else if (name.startsWith(WHITEOUT)) {
      const hidden = join(parentOf(path), name.slice(WHITEOUT.length));
      tree.delete(hidden);
      removeBelow(tree, hidden);
    }
  }
}

function addEntries(
  where: string,
  tree: Map<string, ImageEntry>,
  entries: readonly LayerEntry[],
): void {
  for (const entry of entries) {
    const { path } = entry;
    if (nameOf(path).startsWith(WHITEOUT)) continue;
    addParents(where, tree, path);
    const old = tree.get(path);
    if (path === "/" && entry.kind !== "directory") throw imageError(where, "/ is no directory");
    if (old?.kind === "directory" && entry.kind !== "directory") removeBelow(tree, path);
    tree.set(path, entry.kind === "hardlink" ? linked(where, tree, entry) : (entry as ImageEntry));
  }
}

/** Another name of an earlier entry. A later write to one of them does not show in the other. */
function linked(where: string, tree: Map<string, ImageEntry>, entry: LayerEntry): ImageEntry {
  const target = tree.get(entry.target ?? "");
  if (target?.kind === "file" || target?.kind === "symlink") return { ...target, path: entry.path };
  throw imageError(where, `${entry.path} is a hard link to ${entry.target}, which is no file`);
}

/** Directories that archives left out. A link on the way would lead entries elsewhere: refused. */
function addParents(where: string, tree: Map<string, ImageEntry>, path: string): void {
  if (path === "/") return;
  const parent = parentOf(path);
  const known = tree.get(parent);
  if (known?.kind === "directory") return;
  if (known) throw imageError(where, `${path} lies beneath ${parent}, which is a ${known.kind}`);
  addParents(where, tree, parent);
  tree.set(parent, directory(parent));
}

function removeBelow(tree: Map<string, ImageEntry>, path: string): void {
  const prefix = path === "/" ? "/" : `${path}/`;
  for (const other of tree.keys()) {
    if (other !== "/" && other.startsWith(prefix)) tree.delete(other);
  }
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
