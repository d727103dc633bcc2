/**
 * The base image: wasm commands and npm itself from npm's registry, plus the files under base/rootfs, as base/manifest.ts says.
 * It is built once into build/base-image beside package.json and opened from there.
 */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, posix, relative, sep } from "node:path";
import { packageRoot } from "../package-root.ts";
import * as manifest from "./base/manifest.ts";
import { baseImageFolder } from "./base-image-folder.ts";
import type { SourceEntry } from "./builder/folder-entries.ts";
import { npmEntries } from "./builder/npm-entries.ts";
import { Layout } from "./node/layout.ts";
import { type NewLayer, writeImage } from "./node/write-image.ts";
import { Annotation, type Descriptor, parseManifest } from "./oci/manifest.ts";
import type { NewEntry } from "./write-layer.ts";

/** To be raised when the same inputs should give another image. */
const BUILDER = 2;
const TAG = "latest";

export interface BuildProgress {
  /** Bytes of the tarball that have arrived, of how many. */
  onDownload?(received: number, total: number): void;
  /** Bytes of files that are packed, of how many. */
  onPack?(packed: number, total: number): void;
}

/** Builds the image unless it is there already, from the same inputs. True if it was built. */
export async function ensureBaseImage(
  progress: BuildProgress = {},
  folder = baseImageFolder(),
): Promise<boolean> {
  const files = await readTree(join(packageRoot(), "src/images/base/rootfs"));
  const inputs = digestInputs(files);
  const layout = new Layout(folder);
  if (await isBuiltFrom(layout, inputs)) return false;
  // npm's libraries are large, and mostly there is nothing to build.
  const { fetchTarball } = await import("./npm-tarball.ts");
  const tarball = await fetchTarball(manifest.tarball, (received) =>
    progress.onDownload?.(received, manifest.tarball.size),
  );
  const npm = await fetchTarball(manifest.npm);
  const entries = planEntries(files, await readCommands(tarball), await readNpm(npm));
  const layers = planLayers(entries);
  const total = layers.flatMap((layer) => layer.entries).reduce((sum, e) => sum + sizeOf(e), 0);
  let packed = 0;
  const image = await writeImage(
    layout,
    {
      layers,
      config: manifest.config,
      created: manifest.created,
      annotations: { [Annotation.inputs]: inputs },
    },
    (bytes) => {
      packed += bytes;
      progress.onPack?.(packed, total);
    },
  );
  const annotations = { [Annotation.name]: TAG, [Annotation.inputs]: inputs };
  await layout.changeIndex(() => [{ ...image, annotations }]);
  await layout.sweep();
  return true;
}

/** True where the layout holds an image built from just these inputs, whole. */
async function isBuiltFrom(layout: Layout, inputs: string): Promise<boolean> {
  try {
    const [image] = layout.index().manifests as readonly [Descriptor];
    if (image.annotations?.[Annotation.inputs] !== inputs) return false;
    const { config, layers } = parseManifest("manifest", await layout.readBlob(image.digest));
    const there = await Promise.all([config, ...layers].map((blob) => layout.has(blob)));
    return there.every((found) => found);
  } catch {
    return false;
  }
}

/**
 * The image's layers. The first one holds all that is read before a prompt, and is small enough to be
 * fetched whole; the commands follow in groups, none of which is larger than what static hosts take.
 */
export function planLayers(entries: readonly NewEntry[]): (NewLayer & { entries: NewEntry[] })[] {
  const groups = new Map<string, NewEntry[]>([["system", []]]);
  for (const entry of entries) {
    const group = groupOf(entry);
    groups.set(group, [...(groups.get(group) ?? []), entry]);
  }
  return [...groups].map(([title, members]) => ({ title, entries: linkCopies(members) }));
}

function groupOf(entry: NewEntry): string {
  if (entry.path.startsWith(`${manifest.npm.path}/`)) return "npm";
  if (entry.kind !== "file" || !isWasm(entry)) return "system";
  const name = posix.basename(entry.path);
  const group = Object.entries(manifest.groups).find(([, names]) => names.includes(name));
  return group?.[0] ?? "other commands";
}

function isWasm({ bytes }: NewEntry): boolean {
  return bytes instanceof Uint8Array && bytes[0] === 0 && bytes[1] === 0x61;
}

/** Equal files of a layer are kept once: the later ones become hard links. */
function linkCopies(entries: readonly NewEntry[]): NewEntry[] {
  const known = new Map<string, NewEntry>();
  return entries.map((entry) => {
    if (sizeOf(entry) < LINKED_BYTES) return entry;
    const digest = createHash("sha256")
      .update(entry.bytes as Uint8Array)
      .digest("hex");
    const key = `${digest} ${entry.mode} ${entry.uid} ${entry.gid}`;
    const first = known.get(key);
    if (!first) known.set(key, entry);
    if (!first) return entry;
    const { bytes: _, ...rest } = entry;
    return { ...rest, kind: "hardlink", target: first.path };
  });
}

/** Small files stay files: nobody gains by linking them. */
const LINKED_BYTES = 4096;

function sizeOf({ bytes }: NewEntry): number {
  return bytes instanceof Uint8Array ? bytes.length : 0;
}

type Contents = ReadonlyMap<string, Uint8Array>;

/** The entries of the image, parents first, in one fixed order. */
export function planEntries(
  files: Contents,
  commands: Contents,
  npm: readonly SourceEntry[] = [],
): NewEntry[] {
  const plan = new Map<string, NewEntry>();
  const add = (path: string, kind: NewEntry["kind"], defaults: number, rest: object = {}) => {
    const owner = { ...manifest.directories[path], ...manifest.files[path], ...rest };
    plan.set(path, {
      path,
      kind,
      mode: defaults,
      uid: 0,
      gid: 0,
      mtime: manifest.created,
      ...owner,
    });
  };
  for (const path of Object.keys(manifest.directories)) add(path, "directory", 0o755);
  for (const [path, bytes] of files) add(path, "file", isCommand(path) ? 0o755 : 0o644, { bytes });
  for (const [name, bytes] of commands) {
    if (name in manifest.leftOut) continue;
    add(manifest.moved[name] ?? `/usr/bin/${name}`, "file", 0o755, { bytes });
  }
  for (const { name, mode, bytes } of npm) {
    add(`${manifest.npm.path}/${name}`, "file", mode, { bytes });
  }
  for (const [path, program] of Object.entries(manifest.programs)) {
    add(path, "file", 0o755, { bytes: Buffer.from(`#!isopod:${program}\n`) });
  }
  for (const [path, target] of Object.entries(manifest.links)) {
    add(path, "symlink", 0o777, { target });
  }
  for (const [home, owner] of Object.entries(manifest.homes)) {
    for (const [path, bytes] of files) {
      if (!path.startsWith("/etc/skel/")) continue;
      add(home + path.slice("/etc/skel".length), "file", 0o644, { bytes, ...owner });
    }
  }
  for (const path of [...plan.keys()]) {
    for (let parent = posix.dirname(path); !plan.has(parent); parent = posix.dirname(parent)) {
      add(parent, "directory", 0o755);
    }
  }
  return [...plan.values()].sort((a, b) => compare(a.path, b.path));
}

/** Everything that decides what the image holds. */
function digestInputs(files: Contents): string {
  const npm = { ...manifest.npm, leftOut: String(manifest.npm.leftOut) };
  const hash = createHash("sha256").update(JSON.stringify([BUILDER, { ...manifest, npm }]));
  for (const [path, bytes] of files) {
    hash.update(`\0${path}\0${bytes.length}\0`).update(bytes);
  }
  return `sha256:${hash.digest("hex")}`;
}

/** Regular files below `folder`, by absolute path in the image, sorted. */
async function readTree(folder: string): Promise<Contents> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const tree = new Map<string, Uint8Array>();
  for (const path of paths.sort(compare)) {
    tree.set(`/${relative(folder, path).split(sep).join("/")}`, await readFile(path));
  }
  return tree;
}

/** The tarball's commands by name. */
async function readCommands(tarball: Buffer): Promise<Contents> {
  const found = await npmEntries(manifest.tarball.name, tarball, manifest.tarball.folder);
  const commands = found.filter(({ name }) => !name.includes("/"));
  return new Map(commands.map(({ name, bytes }) => [name, bytes as Uint8Array]));
}

/** npm's own JavaScript, with the packages that it bundles. */
async function readNpm(tarball: Buffer): Promise<SourceEntry[]> {
  const found = await npmEntries(manifest.npm.name, tarball, "");
  return found.filter(({ name }) => !manifest.npm.leftOut.test(name));
}

function isCommand(path: string): boolean {
  return /^\/usr\/(local\/)?s?bin\//.test(path);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
