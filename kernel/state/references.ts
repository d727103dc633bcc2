/**
 * What the chunks of states refer to, for whoever walks all that a ref leads to: garbage collection,
 * checks, transfers. Every node says with its first byte what it is.
 */
import { decodeAnswers } from "./answers-record.ts";
import type { ChunkReference, Hash, References } from "./chunk-store.ts";
import { decodeEntry, decodePart, type InodeRecord } from "./records.ts";
import { attributesShape, contentsShape, entriesShape, linksShape, Tag } from "./shapes.ts";
import { decodeSnapshot, decodeTree } from "./snapshot-record.ts";
import { childrenOf, type Shape } from "./sorted-tree.ts";
import { corrupt } from "./wire.ts";

/** A snapshot does not refer to the one before it: history is kept by refs of its own. */
export const references: References = (bytes) => {
  switch (bytes[0]) {
    case Tag.snapshot:
      return node(decodeSnapshot(bytes).tree);
    case Tag.tree: {
      const { root, links } = decodeTree(bytes);
      return [...ofInode(root), ...node(links)];
    }
    case Tag.entries:
      return ofMap(entriesShape, bytes, (name, value) => ofEntry(value, name));
    case Tag.links:
      return ofMap(linksShape, bytes, (_, value) => ofEntry(value));
    case Tag.contents:
      return ofMap(contentsShape, bytes, (index, value) => bytesAt(decodePart(index, value).hash));
    case Tag.attributes:
      return ofMap(attributesShape, bytes, () => []);
    case Tag.answers:
      decodeAnswers(bytes);
      return [];
    default:
      return corrupt();
  }
};

function ofMap<K>(
  shape: Shape<K>,
  bytes: Uint8Array,
  ofValue: (key: K, value: Uint8Array) => readonly ChunkReference[],
): ChunkReference[] {
  const map = childrenOf(shape, bytes);
  if ("children" in map) return map.children.flatMap((hash) => node(hash));
  return map.keys.flatMap((key, i) => ofValue(key, map.values[i] as Uint8Array));
}

function ofEntry(value: Uint8Array, name?: string): ChunkReference[] {
  const entry = decodeEntry(value);
  if (entry.kind !== "inode") return [];
  const found = ofInode(entry);
  return name === undefined ? found : found.map((reference) => ({ ...reference, name }));
}

function ofInode({ entries, content, xattrs }: InodeRecord): ChunkReference[] {
  const parts = content?.parts ?? [];
  return [
    ...node(entries),
    ...node(content?.root),
    ...parts.flatMap(({ hash }) => bytesAt(hash)),
    ...node(xattrs?.root),
  ];
}

function node(hash: Hash | undefined): ChunkReference[] {
  return hash === undefined ? [] : [{ hash, node: true }];
}

function bytesAt(hash: Hash | undefined): ChunkReference[] {
  return hash === undefined ? [] : [{ hash, node: false }];
}
