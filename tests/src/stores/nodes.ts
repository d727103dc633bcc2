/**
 * A tree format for tests of what only needs to know which chunk refers to which: a node is JSON, with
 * names for its nodes and a list of contents.
 */
import type {
  ChunkReference,
  Hash,
  References,
  StoredChunk,
} from "../../../kernel/state/chunk-store.ts";
import { chunkOf } from "./chunks.ts";

interface NodeText {
  readonly nodes: Record<string, Hash>;
  readonly contents: readonly Hash[];
}

export function node(
  nodes: Record<string, StoredChunk>,
  contents: readonly StoredChunk[] = [],
): Promise<StoredChunk> {
  const hashes = Object.entries(nodes).map(([name, { hash }]) => [name, hash]);
  const text: NodeText = {
    nodes: Object.fromEntries(hashes),
    contents: contents.map(({ hash }) => hash),
  };
  return chunkOf(new TextEncoder().encode(JSON.stringify(text)));
}

export const references: References = (bytes) => {
  const { nodes, contents } = JSON.parse(new TextDecoder().decode(bytes)) as NodeText;
  return [
    ...Object.entries(nodes).map(([name, hash]): ChunkReference => ({ hash, node: true, name })),
    ...contents.map((hash): ChunkReference => ({ hash, node: false })),
  ];
};
