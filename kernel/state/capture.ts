/**
 * What differs since the last commit, as a file system saw it at one instant: plain values, and bytes
 * that nobody writes to any more. What is written to chunks from it may take its time.
 */
import type { Hash } from "./chunk-store.ts";
import type { AttributesRecord, EntryRecord, InodeRecord } from "./records.ts";

export interface Capture {
  readonly root: InodeCapture;
  /** Every inode that must be recorded anew, parents before their children. */
  readonly inodes: readonly InodeCapture[];
  readonly links: MapCapture<number, InodeCapture>;
  readonly lastIno: number;
  /** What was charged for all of the tree, before chunks are cut to what they hold. */
  readonly usage: { readonly memory: number; readonly inodes: number };
  /** To be called when the commit has survived: where its map of links is. */
  readonly committed: (links: Hash | undefined) => void;
  /** To be called when it failed: what it held counts as changed again. */
  readonly failed: () => void;
}

/** The map of the last commit, and its changes; undefined values are taken away. */
export interface MapCapture<K, V> {
  readonly base: Hash | undefined;
  readonly changes: ReadonlyMap<K, V | undefined>;
}

export interface InodeCapture {
  readonly kind: "captured";
  readonly attributes: Omit<InodeRecord, "xattrs" | "content" | "entries">;
  readonly xattrs: ReadonlyMap<string, Uint8Array> | AttributesRecord | undefined;
  readonly content?: ContentCapture;
  readonly entries?: MapCapture<string, EntryCapture>;
  /** To be called when the commit has survived. */
  readonly committed: (record: InodeRecord, parts: ReadonlyMap<number, WrittenPart>) => void;
  readonly failed: () => void;
}

export type EntryCapture = InodeCapture | Exclude<EntryRecord, InodeRecord>;

export interface ContentCapture {
  readonly size: number;
  readonly lowerSize: number;
  readonly lowerDigest: string | undefined;
  readonly pages: number;
  /** For the parts that the base or the record holds already, unchanged. */
  readonly charge: number;
  /** All parts, where they are few enough to stand in the record. */
  readonly all?: readonly PartCapture[];
  readonly parts?: MapCapture<number, PartCapture>;
}

export interface PartCapture {
  readonly index: number;
  readonly pages: number;
  /** Undefined where it is in the store already. */
  readonly data: Uint8Array | undefined;
  readonly length: number;
  readonly hash: Hash | undefined;
}

/** What became of a PartCapture with data. */
export interface WrittenPart {
  readonly data: Uint8Array;
  readonly length: number;
  readonly hash: Hash | undefined;
}
