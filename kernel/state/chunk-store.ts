/**
 * Where the state of machines is kept: chunks by their content's hash, and a few named refs that point
 * at some of them. Every host's storage implements this (src/stores), one suite tests them all.
 *
 * Failures are KernelErrors: ENOSPC where a quota is full, EIO where the storage fails. What the refs
 * reach stays whole in both cases. Chunks put since the last swapRef may be gone after a failure, so
 * whoever tries again asks `missing` again.
 */

/** SHA-256 of a chunk's bytes as 64 lower-case hex digits. */
export type Hash = string;

export interface StoredChunk {
  readonly hash: Hash;
  /** At most CHUNK_BYTES_MAX. */
  readonly bytes: Uint8Array;
}

/** What `list` tells of a chunk. */
export interface ChunkInfo {
  readonly hash: Hash;
  readonly size: number;
}

/** One chunk that another refers to. */
export interface ChunkReference {
  readonly hash: Hash;
  /** Whether it may refer to others in turn; the rest are bytes of files. */
  readonly node: boolean;
  /** The name that leads to it from the chunk that refers to it, where that is a directory's. */
  readonly name?: string;
}

/** What the bytes of a node refer to. Throws where they are none that is well formed. */
export type References = (bytes: Uint8Array) => readonly ChunkReference[];

export const CHUNK_BYTES_MAX = 1 << 20;

export interface ChunkStore {
  /** The bytes stored under `hash`, unverified; undefined where there are none. The caller may keep but not change them. */
  get(hash: Hash): Promise<Uint8Array | undefined>;
  /** As get, for many at once, in the order asked. */
  getMany(hashes: readonly Hash[]): Promise<(Uint8Array | undefined)[]>;
  /**
   * Those of `hashes` that it does not hold. The others are touched: garbage collection leaves them, and all
   * that they refer to, to whoever asked. What is about to be referred to is either under the present value
   * of the ref that will change, or was asked for shortly before.
   */
  missing(hashes: readonly Hash[]): Promise<Hash[]>;
  /**
   * Stores chunks. They may be lost by a kill until the next swapRef has resolved. The store may keep
   * the bytes, so they may not change afterwards.
   */
  put(chunks: readonly StoredChunk[]): Promise<void>;
  /** Forgets chunks; those that it does not hold are passed over. */
  delete(hashes: readonly Hash[]): Promise<void>;
  /** Every chunk, in no order. Chunks put or deleted meanwhile may or may not be among them. */
  list(): AsyncIterable<ChunkInfo>;
  /**
   * For garbage collection: forgets those of `hashes` that were not touched since `untouchedSince`
   * (milliseconds since 1970), and resolves to the others that it holds. Put, `missing` and swapRef touch;
   * a store may take more for touched than was.
   */
  sweep(hashes: readonly Hash[], untouchedSince: number): Promise<Hash[]>;

  readRef(name: RefName): Promise<Hash | undefined>;
  /**
   * Makes ref `name` point at `next` if it points at `expected` now (undefined: there is none); false,
   * and nothing changed, where it does not. Once it resolves, the ref and all chunks put before survive a
   * kill at any instant. An undefined `next` removes the ref. Touches the chunk `next`, and fails with
   * ENOENT where there is none: no ref points at nothing.
   */
  swapRef(name: RefName, expected: Hash | undefined, next: Hash | undefined): Promise<boolean>;
  refs(): Promise<ReadonlyMap<RefName, Hash>>;

  /**
   * The exclusive right to write ref `name`, among all that share the storage (threads, tabs, processes).
   * Rejects with StoreBusy where somebody holds it. It ends with the holder's process or tab.
   */
  lock(name: RefName): Promise<StoreLock>;
  /** Bytes held, and how many there may be where the host tells. */
  usage(): Promise<{ readonly bytes: number; readonly quota: number | undefined }>;
  /** Lets go of the storage; locks end. */
  close(): Promise<void>;
}

/** `machines/<name>`, `snapshots/<name>`, or `answers/<name>` of a machine; see isRefName. */
export type RefName = string;

export interface StoreLock {
  release(): Promise<void>;
}

/** Somebody else writes this machine. */
export class StoreBusy extends Error {
  readonly code = "ERR_STORE_BUSY";
  override readonly name = "StoreBusy";

  /** `holder` says who, for people: "process 4711", "another tab". */
  constructor(ref: RefName, holder: string) {
    super(`${ref} is in use by ${holder}: only one machine at a time may write it`);
  }
}

const REF_NAME = /^(machines|snapshots|answers)\/[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export function isRefName(name: string): boolean {
  return REF_NAME.test(name);
}

/** SHA-256 of `bytes`, in hex, at once. Hosts lend it: native where they have it. */
export type Sha256 = (bytes: Uint8Array) => Hash;
