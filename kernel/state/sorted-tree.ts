/**
 * A sorted map in chunks: the entries of a directory, the chunks of a file, the files with several names.
 * Where a chunk ends depends on the keys in it alone, so that equal maps are equal chunks, however they
 * came about, and a change makes few chunks new. (After Noms' prolly trees and Auvolat's Merkle search
 * trees, in short.)
 */

import { awake } from "../wait/sleep.ts";
import { type ChunkReader, NEED_BYTES_MAX } from "./chunk-reader.ts";
import type { Hash } from "./chunk-store.ts";
import { corrupt, Reader, Writer } from "./wire.ts";

/** What the maps differ in. */
export interface Shape<K> {
  /** The first byte of its chunks. */
  readonly tag: number;
  compare(a: K, b: K): number;
  /** `previous` is the key before it in the same chunk. */
  write(writer: Writer, key: K, previous: K | undefined): void;
  read(reader: Reader, previous: K | undefined): K;
  /** 32 bits that look random. */
  scatter(key: K): number;
  /** Bytes of a value at most. */
  readonly valueMax: number;
}

export interface Leaf<K> {
  readonly keys: readonly K[];
  /** Parts of a chunk: not to be changed. */
  readonly values: readonly Uint8Array[];
}

interface Branch<K> {
  /** The last key below each child. */
  readonly keys: readonly K[];
  readonly children: readonly Hash[];
}

interface Node<K> extends Partial<Pick<Leaf<K>, "values">>, Partial<Pick<Branch<K>, "children">> {
  readonly tag: number;
  readonly level: number;
  readonly keys: readonly K[];
}

/** A chunk ends about every so many entries, never before the least, always after the most. */
const MEAN = 64;
const LEAST = 4;
const MOST = 512;
const BYTES_MOST = 128 << 10;
const LEVEL_MAX = 12;

export type Change<K> = readonly [key: K, value: Uint8Array | undefined];

/** Keeps a chunk for the store; its hash. */
export type PutChunk = (bytes: Uint8Array) => Hash;

export function find<K>(
  chunks: ChunkReader,
  shape: Shape<K>,
  root: Hash | undefined,
  key: K,
): Uint8Array | undefined {
  for (let hash = root, above = LEVEL_MAX; hash !== undefined; ) {
    const node = nodeOf(chunks, shape, hash, above);
    const at = firstNotBefore(node.keys, key, shape);
    if (at === node.keys.length) return undefined;
    if (node.values)
      return shape.compare(node.keys[at] as K, key) === 0 ? node.values[at] : undefined;
    hash = node.children?.[at];
    above = node.level;
  }
  return undefined;
}

/** The first leaf with keys behind `after`; its neighbours are fetched along with it. */
export function nextLeaf<K>(
  chunks: ChunkReader,
  shape: Shape<K>,
  root: Hash | undefined,
  after: K | undefined,
): Leaf<K> | undefined {
  let hash = root;
  for (let above = LEVEL_MAX; hash !== undefined; ) {
    const node = nodeOf(chunks, shape, hash, above);
    const at = after === undefined ? 0 : firstBehind(node.keys, after, shape);
    if (at === node.keys.length) return undefined;
    if (node.values) return { keys: node.keys.slice(at), values: node.values.slice(at) };
    const children = node.children ?? [];
    chunks.needAll(children.slice(at, at + NEED_BYTES_MAX / BYTES_MOST / 2));
    hash = children[at];
    above = node.level;
  }
  return undefined;
}

/**
 * The map with `changes`, which are sorted; undefined values take keys away. Undefined where nothing is
 * left.
 */
export async function update<K>(
  chunks: ChunkReader,
  shape: Shape<K>,
  root: Hash | undefined,
  changes: readonly Change<K>[],
  put: PutChunk,
): Promise<Hash | undefined> {
  if (changes.length === 0) return root;
  const old = root === undefined ? [] : await leavesOf(chunks, shape, root);
  const leaves = new Packer<K, Uint8Array>(shape, 0, put, (writer, value) => writer.bytes(value));
  let next = 0;
  for (const [i, leaf] of old.entries()) {
    const isLast = i === old.length - 1;
    const last = leaf.key;
    const from = next;
    while (
      next < changes.length &&
      (isLast || shape.compare((changes[next] as Change<K>)[0], last) <= 0)
    )
      next++;
    if (leaves.isAtStart && next === from) {
      leaves.reuse(leaf);
      continue;
    }
    await merge(chunks, shape, leaf, changes.slice(from, next), leaves);
  }
  if (old.length === 0) for (const [key, value] of changes) if (value) leaves.add(key, value);
  let level = leaves.finish();
  for (let height = 1; level.length > 1; height++) {
    const packer = new Packer<K, Hash>(shape, height, put, (writer, hash) => writer.hash(hash));
    for (const { key, hash } of level) packer.add(key, hash);
    level = packer.finish();
  }
  return level[0]?.hash;
}

/** Hashes of the chunks right below a chunk of the map, and what else its values name. */
export function childrenOf<K>(
  shape: Shape<K>,
  bytes: Uint8Array,
): { readonly children: readonly Hash[] } | Leaf<K> {
  const node = decode(shape, bytes);
  return node.values ? { keys: node.keys, values: node.values } : { children: node.children ?? [] };
}

interface Packed<K> {
  /** The last one in it. */
  readonly key: K;
  readonly hash: Hash;
}

/** Gathers entries into chunks. */
class Packer<K, V> {
  readonly #shape: Shape<K>;
  readonly #level: number;
  readonly #put: PutChunk;
  readonly #write: (writer: Writer, value: V) => void;
  readonly #done: Packed<K>[] = [];
  #writer = new Writer();
  #count = 0;
  #last: K | undefined;

  constructor(
    shape: Shape<K>,
    level: number,
    put: PutChunk,
    write: (writer: Writer, value: V) => void,
  ) {
    this.#shape = shape;
    this.#level = level;
    this.#put = put;
    this.#write = write;
  }

  get isAtStart(): boolean {
    return this.#count === 0;
  }

  reuse(packed: Packed<K>): void {
    this.#done.push(packed);
  }

  add(key: K, value: V): void {
    this.#shape.write(this.#writer, key, this.#last);
    this.#write(this.#writer, value);
    this.#last = key;
    this.#count++;
    const isEnd = this.#count >= LEAST && mix(this.#shape.scatter(key), this.#level) % MEAN === 0;
    if (isEnd || this.#count >= MOST || this.#writer.length >= BYTES_MOST) this.#close();
  }

  finish(): readonly Packed<K>[] {
    if (this.#count > 0) this.#close();
    return this.#done;
  }

  #close(): void {
    const whole = new Writer();
    whole.byte(this.#shape.tag);
    whole.byte(this.#level);
    whole.number(this.#count);
    whole.raw(this.#writer.take());
    this.#done.push({ key: this.#last as K, hash: this.#put(whole.take()) });
    this.#writer = new Writer();
    this.#count = 0;
    this.#last = undefined;
  }
}

/** All leaves in order. Keys that do not rise are EIO: few chunks could stand for any number of leaves. */
async function leavesOf<K>(chunks: ChunkReader, shape: Shape<K>, root: Hash): Promise<Packed<K>[]> {
  const top = await awake(() => nodeOf(chunks, shape, root, LEVEL_MAX));
  let nodes: Packed<K>[] = [{ key: top.keys.at(-1) as K, hash: root }];
  for (let level = top.level; level > 0; level--) {
    const below: Packed<K>[] = [];
    for (const { key: last, hash } of nodes) {
      const { keys, children = [] } = await awake(() =>
        nodeOf(chunks, shape, hash, level + 1, level),
      );
      if (shape.compare(keys.at(-1) as K, last) !== 0) corrupt();
      for (const [i, child] of children.entries()) {
        const key = keys[i] as K;
        const before = below.at(-1);
        if (before && shape.compare(before.key, key) >= 0) corrupt();
        below.push({ key, hash: child });
      }
    }
    nodes = below;
  }
  return nodes;
}

async function merge<K>(
  chunks: ChunkReader,
  shape: Shape<K>,
  { hash }: Packed<K>,
  changes: readonly Change<K>[],
  into: Packer<K, Uint8Array>,
): Promise<void> {
  const { keys, values = [] } = await awake(() => nodeOf(chunks, shape, hash, 1, 0));
  let next = 0;
  for (const [i, key] of keys.entries()) {
    let replaced = false;
    for (; next < changes.length; next++) {
      const [changed, value] = changes[next] as Change<K>;
      const order = shape.compare(changed, key);
      if (order > 0) break;
      if (order === 0) replaced = true;
      if (value) into.add(changed, value);
    }
    if (!replaced) into.add(key, values[i] as Uint8Array);
  }
  for (const [key, value] of changes.slice(next)) if (value) into.add(key, value);
}

/** A node below one of level `above`; where `exact` is given, of that level. */
function nodeOf<K>(
  chunks: ChunkReader,
  shape: Shape<K>,
  hash: Hash,
  above: number,
  exact?: number,
): Node<K> {
  const node = chunks.record(hash, (bytes) => decode(shape, bytes));
  // What another map's chunk decoded to may be in the cache under this hash.
  if (node.tag !== shape.tag) corrupt();
  if (node.level >= above || (above < LEVEL_MAX && node.level !== above - 1)) corrupt();
  if (exact !== undefined && node.level !== exact) corrupt();
  return node;
}

function decode<K>(shape: Shape<K>, bytes: Uint8Array): Node<K> {
  const reader = new Reader(bytes);
  if (reader.byte() !== shape.tag) corrupt();
  const level = reader.byte();
  const count = reader.number(MOST);
  if (count === 0 || level >= LEVEL_MAX) corrupt();
  const keys: K[] = [];
  const values: Uint8Array[] = [];
  const children: Hash[] = [];
  for (let i = 0; i < count; i++) {
    const previous = keys.at(-1);
    const key = shape.read(reader, previous);
    if (previous !== undefined && shape.compare(previous, key) >= 0) corrupt();
    keys.push(key);
    if (level === 0) values.push(reader.bytes(shape.valueMax));
    else children.push(reader.hash());
  }
  reader.end();
  const { tag } = shape;
  return level === 0 ? { tag, level, keys, values } : { tag, level, keys, children };
}

function firstNotBefore<K>(keys: readonly K[], key: K, shape: Shape<K>): number {
  return partition(keys, (other) => shape.compare(other, key) >= 0);
}

function firstBehind<K>(keys: readonly K[], key: K, shape: Shape<K>): number {
  return partition(keys, (other) => shape.compare(other, key) > 0);
}

/** The first index at which `holds`, which never ends to hold once it does. */
function partition<K>(keys: readonly K[], holds: (key: K) => boolean): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(keys[middle] as K)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The same key ends chunks of different levels independently. */
function mix(bits: number, level: number): number {
  let value = Math.imul(bits ^ (level * 0x9e37_79b9), 0x85eb_ca6b);
  value ^= value >>> 13;
  value = Math.imul(value, 0xc2b2_ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
