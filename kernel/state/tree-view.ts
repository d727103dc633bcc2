/** A committed tree looked at from outside of any machine: what is recorded, and what the image shows. */
import { S_IFDIR, S_IFMT } from "../vfs/constants.ts";
import type { Inode } from "../vfs/file-system.ts";
import { awake } from "../wait/sleep.ts";
import type { ChunkReader } from "./chunk-reader.ts";
import type { Hash } from "./chunk-store.ts";
import { decodeEntry, type EntryRecord, type InodeRecord } from "./records.ts";
import { entriesShape, linksShape } from "./shapes.ts";
import { decodeTree, type TreeRecord } from "./snapshot-record.ts";
import { find, nextLeaf } from "./sorted-tree.ts";
import { corrupt } from "./wire.ts";

/** A file: recorded, or shown by the image alone. */
export interface Place {
  readonly record: InodeRecord | undefined;
  /** What shows through from the image. */
  readonly lower: Inode | undefined;
  /** The number of a file with several names. */
  readonly link: number | undefined;
}

export class TreeView {
  readonly #chunks: ChunkReader;
  readonly #record: TreeRecord;
  /** The image's root; undefined where there is none. */
  readonly image: Inode | undefined;

  private constructor(chunks: ChunkReader, record: TreeRecord, image: Inode | undefined) {
    this.#chunks = chunks;
    this.#record = record;
    this.image = image;
  }

  static async open(chunks: ChunkReader, tree: Hash, image: Inode | undefined): Promise<TreeView> {
    return new TreeView(chunks, decodeTree(await awake(() => chunks.need(tree))), image);
  }

  get root(): Place {
    return { record: this.#record.root, lower: this.image, link: undefined };
  }

  get links(): Hash | undefined {
    return this.#record.links;
  }

  /** What a directory records, in the order of its names. */
  async *entries({ record }: Place): AsyncGenerator<readonly [name: string, entry: EntryRecord]> {
    const chunks = this.#chunks;
    for (let last: string | undefined; record?.entries !== undefined; ) {
      const leaf = await awake(() => nextLeaf(chunks, entriesShape, record.entries, last));
      if (!leaf) break;
      for (const [i, name] of leaf.keys.entries())
        yield [name, decodeEntry(leaf.values[i] as Uint8Array)];
      last = leaf.keys.at(-1);
    }
  }

  /** Every name that may stand for something in a directory, sorted. */
  async names(place: Place): Promise<string[]> {
    const names = new Set<string>();
    place.lower?.list(2, (name) => names.add(name).size > 0);
    for await (const [name] of this.entries(place)) names.add(name);
    return [...names].sort();
  }

  async child({ record, lower }: Place, name: string): Promise<Place | undefined> {
    const chunks = this.#chunks;
    const value = await awake(() => find(chunks, entriesShape, record?.entries, name));
    const below = lower && isOfType(lower, S_IFDIR) ? lower.lookup(name) : undefined;
    if (!value) return below && { record: undefined, lower: below, link: undefined };
    const entry = decodeEntry(value);
    if (entry.kind === "gone") return undefined;
    const link = entry.kind === "link" ? entry.ino : undefined;
    const inode = entry.kind === "link" ? await this.#linked(entry.ino) : entry;
    const shown = inode.lower === "" ? below : this.#below(inode.lower);
    return { record: inode, lower: shown && isOfType(shown, inode.mode) ? shown : undefined, link };
  }

  async #linked(ino: number): Promise<InodeRecord> {
    const value = await awake(() => find(this.#chunks, linksShape, this.#record.links, ino));
    const inode = decodeEntry(value ?? corrupt());
    return inode.kind === "inode" ? inode : corrupt();
  }

  #below(path: string | undefined): Inode | undefined {
    let at = path === undefined ? undefined : this.image;
    for (const name of path?.split("/") ?? [])
      if (name !== "") at = at && isOfType(at, S_IFDIR) ? at.lookup(name) : undefined;
    return at;
  }
}

export function modeOf({ record, lower }: Place): number {
  return record?.mode ?? lower?.attributes().mode ?? 0;
}

export function isDirectory(place: Place): boolean {
  return (modeOf(place) & S_IFMT) === S_IFDIR;
}

function isOfType(inode: Inode, mode: number): boolean {
  return (inode.attributes().mode & S_IFMT) === (mode & S_IFMT);
}
