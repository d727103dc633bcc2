/** The entries of each layer that an image file asks for, sources read, paths and owners resolved. */
import { readFile, stat } from "node:fs/promises";
import { entryPath } from "../entry-path.ts";
import { tarEntries } from "../node/tar-entries.ts";
import { fetchTarball } from "../npm-tarball.ts";
import { imageError } from "../oci/digest.ts";
import type { NewEntry } from "../write-layer.ts";
import { folderEntries, type SourceEntry } from "./folder-entries.ts";
import type { FilePlan, LayerPlan } from "./image-file.ts";
import type { LowerTree } from "./lower-tree.ts";
import { npmEntries } from "./npm-entries.ts";

export interface PlannedLayer {
  /** What is told of it while it is built, and in the image's history. */
  readonly title: string;
  readonly entries: readonly NewEntry[];
  /** Bytes of its files. */
  readonly bytes: number;
}

export interface PlanOptions {
  readonly tree: LowerTree;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly onFetch?: ((what: string, received: number) => void) | undefined;
}

export async function planLayer(plan: LayerPlan, options: PlanOptions): Promise<PlannedLayer> {
  const { tree } = options;
  const { title, sources } = await sourcesOf(plan, options);
  const entries = new Map<string, NewEntry>();
  let bytes = 0;
  for (const { entry, size } of sources) {
    const path = tree.resolve(entry.path);
    const target = entry.kind === "hardlink" ? tree.resolve(entry.target ?? "") : entry.target;
    addParents(path, entries, tree, options.mtime);
    // A folder that only leads to what it holds leaves the one below as it is.
    if (entry.kind === "directory" && entry.implied && (tree.has(path) || path === "/")) continue;
    const { implied: _, ...rest } = entry;
    entries.set(path, { ...rest, path, ...(target === undefined ? {} : { target }) });
    bytes += size;
  }
  const sorted = [...entries.values()].sort(inOrder);
  await tree.apply(sorted);
  return { title, entries: sorted, bytes };
}

/** By path, so parents first; links behind what they are other names of. */
function inOrder(a: NewEntry, b: NewEntry): number {
  const links = Number(a.kind === "hardlink") - Number(b.kind === "hardlink");
  return links || (a.path < b.path ? -1 : 1);
}

interface Sized {
  readonly entry: NewEntry & { readonly implied?: boolean };
  readonly size: number;
}

async function sourcesOf(
  plan: LayerPlan,
  options: PlanOptions,
): Promise<{ title: string; sources: Sized[] }> {
  switch (plan.type) {
    case "npm": {
      const { name, version } = plan.package;
      const spec = `${name}@${version}`;
      const tarball = await fetchTarball(plan.package, (received) =>
        options.onFetch?.(spec, received),
      );
      const found = await npmEntries(spec, tarball, plan.path);
      return { title: `npm ${spec}`, sources: placed(found, plan, options) };
    }
    case "folder": {
      const found = await folderEntries(plan.folder, plan.exclude);
      // Where it stands on this host is no part of the image.
      return { title: `folder to ${plan.to}`, sources: placed(found, plan, options) };
    }
    case "tar": {
      const found = await tarEntries(plan.tar, plan.tar);
      const sources = found.map((entry) => ({
        entry,
        size: (entry.bytes as Uint8Array)?.length ?? 0,
      }));
      return { title: "tar", sources };
    }
    case "files": {
      const sources = await Promise.all(plan.files.map((file) => fileEntry(file, options)));
      return { title: `files ${plan.files.map(({ path }) => path).join(" ")}`, sources };
    }
  }
}

/** A folder's or package's entries under `to`. */
function placed(
  found: readonly SourceEntry[],
  { to, mode, owner }: Extract<LayerPlan, { type: "npm" | "folder" }>,
  { tree, mtime }: PlanOptions,
): Sized[] {
  const owned = tree.owner(owner);
  return found.map(({ name, size, ...entry }) => {
    const path = entryPath(name, `${to}/${name}`);
    const own = entry.kind === "file" ? { mode: mode ?? entry.mode } : {};
    const implied = entry.kind === "directory";
    return { size, entry: { ...entry, ...own, ...owned, path, mtime, implied } };
  });
}

async function fileEntry(plan: FilePlan, { tree, mtime }: PlanOptions): Promise<Sized> {
  const { path, what, mode, owner } = plan;
  const common = { path, mtime, ...tree.owner(owner) };
  switch (what.type) {
    case "text": {
      const bytes = Buffer.from(what.text);
      return { size: bytes.length, entry: { ...common, kind: "file", mode: mode ?? 0o644, bytes } };
    }
    case "file": {
      const { file } = what;
      const stats = await stat(file).catch((error: Error) => {
        throw imageError(path, error.message, error);
      });
      if (!stats.isFile()) throw imageError(path, `${file} is no file`);
      const own = mode ?? (stats.mode & 0o100 ? 0o755 : 0o644);
      const bytes = () => readFile(file);
      return { size: stats.size, entry: { ...common, kind: "file", mode: own, bytes } };
    }
    case "link":
      return { size: 0, entry: { ...common, kind: "symlink", mode: 0o777, target: what.target } };
    case "directory":
      return { size: 0, entry: { ...common, kind: "directory", mode: mode ?? 0o755 } };
    case "remove":
      return { size: 0, entry: { ...common, kind: "whiteout", mode: 0 } };
  }
}

function addParents(
  path: string,
  entries: Map<string, NewEntry>,
  tree: LowerTree,
  mtime: number,
): void {
  const parent = path.slice(0, path.lastIndexOf("/"));
  if (parent === "" || entries.has(parent) || tree.has(parent)) return;
  addParents(parent, entries, tree, mtime);
  entries.set(parent, { path: parent, kind: "directory", mode: 0o755, uid: 0, gid: 0, mtime });
}
