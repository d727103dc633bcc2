/**
 * Makes chunks of a capture: hashes and stores them in steps that let the host's loop turn, children
 * before their parents. Nothing that is under way is changed until the ref has been swapped.
 */
import { decodeUtf8, encodeUtf8 } from "../bytes.ts";
import type { Scheduler } from "../host.ts";
import { TIME_SLICE } from "../limits.ts";
import type {
  Capture,
  ContentCapture,
  EntryCapture,
  InodeCapture,
  PartCapture,
  WrittenPart,
} from "./capture.ts";
import type { ChunkReader } from "./chunk-reader.ts";
import { CHUNK_BYTES_MAX, type Hash, type StoredChunk } from "./chunk-store.ts";
import {
  ATTRIBUTES_INLINE,
  type AttributesRecord,
  attributesCharge,
  type ContentRecord,
  chargeOf,
  encodeEntry,
  encodePart,
  type InodeRecord,
  type PartRecord,
} from "./records.ts";
import { attributesShape, contentsShape, entriesShape, linksShape } from "./shapes.ts";
import { encodeTree, type Usage } from "./snapshot-record.ts";
import { type Change, type Shape, update } from "./sorted-tree.ts";

/** Chunks are handed to the store when so many bytes, or so many of them, have gathered. */
const BATCH_BYTES = 4 * CHUNK_BYTES_MAX;
const BATCH_CHUNKS = 1024;

export interface Written {
  readonly tree: Hash;
  readonly usage: Usage;
  /** Tells all that was captured that it is safe now. */
  committed(): void;
}

/** What a commit needs of its host. */
export interface Pace {
  readonly scheduler: Scheduler;
  /** Milliseconds. */
  now(): number;
}

/** Resolves when the store has all chunks; they survive once a ref is swapped. */
export async function writeCapture(
  capture: Capture,
  chunks: ChunkReader,
  pace: Pace,
): Promise<Written> {
  const writer = new CaptureWriter(chunks, pace);
  return writer.write(capture);
}

/** Puts single chunks, such as a snapshot's record. */
export async function putChunk(chunks: ChunkReader, bytes: Uint8Array): Promise<Hash> {
  const hash = chunks.sha256(bytes);
  await chunks.store.put([{ hash, bytes }]);
  chunks.cache.add(hash, bytes);
  return hash;
}

class CaptureWriter {
  readonly #chunks: ChunkReader;
  readonly #pace: Pace;
  readonly #records = new Map<InodeCapture, InodeRecord>();
  readonly #parts = new Map<InodeCapture, Map<number, WrittenPart>>();
  readonly #seen = new Set<Hash>();
  #batch: StoredChunk[] = [];
  #batchBytes = 0;
  #sliceEnd: number;
  /** Bytes that parts are charged with less, now that they are cut to what they hold. */
  #saved = 0;

  constructor(chunks: ChunkReader, pace: Pace) {
    this.#chunks = chunks;
    this.#pace = pace;
    this.#sliceEnd = pace.now() + TIME_SLICE;
  }

  async write(capture: Capture): Promise<Written> {
    const { root, inodes, links, usage } = capture;
    for (let i = inodes.length - 1; i >= 0; i--) {
      const inode = inodes[i] as InodeCapture;
      this.#records.set(inode, await this.#inode(inode));
      await this.#relieve();
    }
    const linkRoot = await this.#map(linksShape, links, (inode) =>
      encodeEntry(this.#record(inode)),
    );
    const tree = this.#put(encodeTree({ root: this.#record(root), links: linkRoot }));
    await this.#flush();
    return {
      tree,
      usage: { ...usage, memory: usage.memory - this.#saved },
      committed: () => {
        const none = new Map<number, WrittenPart>();
        capture.committed(linkRoot);
        for (const inode of inodes)
          inode.committed(this.#record(inode), this.#parts.get(inode) ?? none);
      },
    };
  }

  async #inode(inode: InodeCapture): Promise<InodeRecord> {
    const { attributes, content, entries } = inode;
    const record = { ...attributes, xattrs: await this.#attributes(inode) };
    if (entries) {
      const map = this.#map(entriesShape, entries, (entry) => this.#entry(entry), clean);
      return { ...record, entries: await map };
    }
    return content ? { ...record, content: await this.#content(inode, content) } : record;
  }

  #entry(entry: EntryCapture): Uint8Array {
    return encodeEntry(entry.kind === "captured" ? this.#record(entry) : entry);
  }

  async #attributes({ xattrs }: InodeCapture): Promise<AttributesRecord | undefined> {
    if (!xattrs || "charge" in xattrs) return xattrs;
    const inline = [...xattrs].sort(([a], [b]) => attributesShape.compare(a, b));
    const charge = attributesCharge(inline);
    const size = inline.reduce((sum, [name, value]) => sum + 3 * name.length + value.length + 4, 0);
    if (size <= ATTRIBUTES_INLINE) return { inline, charge };
    const root = await this.#update(attributesShape, undefined, inline);
    return root === undefined ? { inline, charge } : { root, charge };
  }

  async #content(inode: InodeCapture, content: ContentCapture): Promise<ContentRecord> {
    const { size, lowerSize, lowerDigest, pages, all, parts } = content;
    const written = new Map<number, WrittenPart>();
    this.#parts.set(inode, written);
    let charge = content.charge;
    const record = async (part: PartCapture): Promise<PartRecord> => {
      const done = this.#part(part, written);
      if (part.data) charge += chargeOf(done);
      await this.#relieve();
      return done;
    };
    const common = { size, lowerSize, lowerDigest, pages };
    if (all) {
      const records: PartRecord[] = [];
      for (const part of all) records.push(await record(part));
      return { ...common, charge, parts: records };
    }
    const changes: Change<number>[] = [];
    for (const [index, part] of parts?.changes ?? [])
      changes.push([index, part && encodePart(await record(part))]);
    changes.sort(([a], [b]) => a - b);
    const root = await this.#update(contentsShape, parts?.base, changes);
    return { ...common, charge, root };
  }

  /** Zeros at its end are not stored, so that a part's chunk depends on nothing but what it holds. */
  #part(part: PartCapture, written: Map<number, WrittenPart>): PartRecord {
    const { index, pages, data } = part;
    if (!data) return { index, pages, length: part.length, hash: part.hash };
    let length = data.length;
    while (length > 0 && data[length - 1] === 0) length--;
    const hash = length > 0 ? this.#put(tight(data, length)) : undefined;
    this.#saved += data.length - chargeOf({ length });
    written.set(index, { data, length, hash });
    return { index, pages, length, hash };
  }

  #map<K, V>(
    shape: Shape<K>,
    { base, changes }: { base: Hash | undefined; changes: ReadonlyMap<K, V | undefined> },
    encode: (value: V) => Uint8Array,
    key: (key: K) => K = (same) => same,
  ): Promise<Hash | undefined> {
    const encoded: Change<K>[] = [];
    for (const [at, value] of changes) encoded.push([key(at), value && encode(value)]);
    encoded.sort(([a], [b]) => shape.compare(a, b));
    return this.#update(shape, base, encoded);
  }

  #update<K>(
    shape: Shape<K>,
    base: Hash | undefined,
    changes: readonly Change<K>[],
  ): Promise<Hash | undefined> {
    return update(this.#chunks, shape, base, changes, (bytes) => this.#put(bytes));
  }

  #record(inode: InodeCapture): InodeRecord {
    const record = this.#records.get(inode);
    if (!record) throw new Error("a capture lists children before their parents");
    return record;
  }

  #put(bytes: Uint8Array): Hash {
    const hash = this.#chunks.sha256(bytes);
    if (this.#seen.has(hash)) return hash;
    this.#seen.add(hash);
    this.#chunks.cache.add(hash, bytes);
    this.#batch.push({ hash, bytes });
    this.#batchBytes += bytes.length;
    return hash;
  }

  /** Hands on what has gathered, and gives way to others. */
  async #relieve(): Promise<void> {
    if (this.#batchBytes >= BATCH_BYTES || this.#batch.length >= BATCH_CHUNKS) await this.#flush();
    if (this.#pace.now() < this.#sliceEnd) return;
    await this.#pace.scheduler.yield();
    this.#sliceEnd = this.#pace.now() + TIME_SLICE;
  }

  async #flush(): Promise<void> {
    const batch = this.#batch;
    if (batch.length === 0) return;
    this.#batch = [];
    this.#batchBytes = 0;
    const { store } = this.#chunks;
    const missing = new Set(await store.missing(batch.map(({ hash }) => hash)));
    const absent = batch.filter(({ hash }) => missing.has(hash));
    if (absent.length > 0) await store.put(absent);
  }
}

/** Bytes to keep without much around them. */
function tight(data: Uint8Array, length: number): Uint8Array {
  return length * 2 > data.length ? data.subarray(0, length) : data.slice(0, length);
}

/** As the name will be read again: an escaped byte is one that UTF-8 does not have. */
function clean(name: string): string {
  return /[\ud800-\udfff]/.test(name) ? decodeUtf8(encodeUtf8(name)) : name;
}
