/**
 * Sends what a chunk leads to from one store to another, which may be far away: asks from the top down
 * what the other side lacks, sends that, and sets the ref last. Where it is cut, the same call again goes
 * on with what is still lacking.
 */
import type {
  ChunkStore,
  Hash,
  References,
  RefName,
  StoredChunk,
} from "../../kernel/state/chunk-store.ts";
import { StoreDamaged } from "./damage.ts";
import { sha256 } from "./sha256.ts";
import type { TransferTarget } from "./transfer-target.ts";
import { readNode } from "./walk.ts";

/** Hashes in one question. */
const ASKED_AT_ONCE = 1024;
/** A batch is sent when it has this many chunks or bytes. */
const SENT_AT_ONCE = 256;
const BATCH_BYTES = 1 << 20;
/** Batches under way, so that a long way is no long wait. */
const WINDOW = 3;

export interface TransferOptions {
  /** What to send, with all that it refers to. */
  readonly root: Hash;
  /** The ref of the other side that shall point at it. */
  readonly name: RefName;
  /** Where that ref must point now; undefined: nowhere. */
  readonly expected?: Hash | undefined;
  readonly signal?: AbortSignal;
  readonly onProgress?: (report: TransferReport) => void;
}

export interface TransferReport {
  /** What was sent. */
  readonly chunks: number;
  readonly bytes: number;
  /** Hashes that were asked about. */
  readonly asked: number;
  /** Chunks that are known to be lacking and were not sent yet. */
  readonly left: number;
}

/**
 * Resolves once the other side has everything and its ref is set; false: the ref was not at `expected`, and
 * only the chunks are there. Throws StoreDamaged where a chunk cannot be read whole here.
 */
export async function transfer(
  from: ChunkStore,
  to: TransferTarget,
  references: References,
  options: TransferOptions,
): Promise<TransferReport | false> {
  const { root, name, expected, signal, onProgress = () => {} } = options;
  const outgoing = new Outgoing(from, to, onProgress, signal);
  // Nobody's garbage collection takes it away meanwhile.
  await from.missing([root]);
  const nodes = new Set([root]);
  const contents = new Set<Hash>();
  const lacking: Hash[] = [];
  const front = [root];
  while (front.length > 0) {
    const asked = front.splice(0, ASKED_AT_ONCE);
    const absent = await outgoing.ask(asked, "nodes");
    lacking.push(...absent);
    const found = await from.getMany(absent);
    const next = new Set<Hash>();
    for (const [index, hash] of absent.entries()) {
      for (const { hash: child, node } of await readNode(hash, found[index], references)) {
        const known = node ? nodes : contents;
        if (known.has(child)) continue;
        known.add(child);
        if (node) front.push(child);
        else next.add(child);
      }
    }
    for (const some of parts([...next], ASKED_AT_ONCE)) {
      await outgoing.send(await outgoing.ask(some, "contents"));
    }
  }
  // What refers goes after what it refers to, so that most of what arrived is whole, wherever it is cut.
  await outgoing.send(lacking.reverse());
  await outgoing.finish();
  signal?.throwIfAborted();
  return (await to.finish(name, expected, root)) && outgoing.report();
}

/** What is on its way, in batches. */
class Outgoing {
  readonly #from: ChunkStore;
  readonly #to: TransferTarget;
  readonly #onProgress: (report: TransferReport) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #underWay = new Set<Promise<void>>();
  #failure: { readonly reason: unknown } | undefined;
  #batch: StoredChunk[] = [];
  #batchBytes = 0;
  #chunks = 0;
  #bytes = 0;
  #asked = 0;
  #lacking = 0;

  constructor(
    from: ChunkStore,
    to: TransferTarget,
    onProgress: (report: TransferReport) => void,
    signal: AbortSignal | undefined,
  ) {
    this.#from = from;
    this.#to = to;
    this.#onProgress = onProgress;
    this.#signal = signal;
  }

  /** Those of `hashes` that the other side lacks. */
  async ask(hashes: readonly Hash[], kind: "nodes" | "contents"): Promise<Hash[]> {
    this.#check();
    const wanted = new Set(hashes);
    const [nodes, contents] = kind === "nodes" ? [hashes, []] : [[], hashes];
    const absent = (await this.#to.missing(nodes, contents)).filter((hash) => wanted.has(hash));
    this.#asked += hashes.length;
    this.#lacking += absent.length;
    return absent;
  }

  async send(hashes: readonly Hash[]): Promise<void> {
    for (const some of parts(hashes, WINDOW * 8)) {
      const found = await this.#from.getMany(some);
      for (const [index, hash] of some.entries()) {
        const bytes = found[index];
        if (!bytes) throw new StoreDamaged({ hash, kind: "missing" });
        if ((await sha256(bytes)) !== hash) throw new StoreDamaged({ hash, kind: "corrupt" });
        await this.#add({ hash, bytes });
      }
    }
  }

  /** Resolves when everything has arrived. */
  async finish(): Promise<void> {
    await this.#flush();
    await Promise.all(this.#underWay);
    this.#check();
  }

  report(): TransferReport {
    const left = this.#lacking - this.#chunks;
    return { chunks: this.#chunks, bytes: this.#bytes, asked: this.#asked, left };
  }

  async #add(chunk: StoredChunk): Promise<void> {
    this.#batch.push(chunk);
    this.#batchBytes += chunk.bytes.length;
    if (this.#batch.length < SENT_AT_ONCE && this.#batchBytes < BATCH_BYTES) return;
    await this.#flush();
  }

  async #flush(): Promise<void> {
    while (this.#underWay.size >= WINDOW) await Promise.race(this.#underWay);
    this.#check();
    const batch = this.#batch;
    if (batch.length === 0) return;
    this.#batch = [];
    this.#batchBytes = 0;
    const sending: Promise<void> = this.#to
      .put(batch)
      .then(
        () => this.#arrived(batch),
        (reason: unknown) => {
          this.#failure ??= { reason };
        },
      )
      .finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
  }

  #arrived(batch: readonly StoredChunk[]): void {
    this.#chunks += batch.length;
    for (const { bytes } of batch) this.#bytes += bytes.length;
    this.#onProgress(this.report());
  }

  #check(): void {
    if (this.#failure) throw this.#failure.reason;
    this.#signal?.throwIfAborted();
  }
}

function* parts<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
