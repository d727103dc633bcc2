/** Layers on their way between the kernel's thread and the caller, piece by piece, under numbers. */
import { DEFAULT_LIMITS, Errno, type Host, KernelError } from "../../../kernel/index.ts";
import { putChunk, writeCapture } from "../../../kernel/state/commit.ts";
import { encodeSnapshot, type SnapshotRecord } from "../../../kernel/state/snapshot-record.ts";
import { MemoryFileSystem } from "../../../kernel/vfs/memory/file-system.ts";
import { Quota } from "../../../kernel/vfs/quota.ts";
import { IsopodError } from "../../errors.ts";
import { imageFileSystem } from "../boot.ts";
import { withImageDefaults } from "../image-defaults.ts";
import type { MachineImage } from "../platform.ts";
import type { Snapshot } from "../protocol.ts";
import { importLayer } from "./import-layer.ts";
import { describe } from "./machine-state.ts";
import type { OpenStore } from "./open-stores.ts";

/** Bytes that are handed over at once. */
const PIECE_BYTES = 1 << 20;

export class LayerTransfers {
  readonly exports = new Exports();
  readonly imports = new Tokens<Import>();
}

class Tokens<T> {
  readonly #held = new Map<number, T>();
  #last = 0;

  begin(value: T): number {
    this.#held.set(++this.#last, value);
    return this.#last;
  }

  get(token: number): T {
    const found = this.#held.get(token);
    if (found === undefined) throw new KernelError(Errno.EBADF);
    return found;
  }

  take(token: number): T {
    const found = this.get(token);
    this.#held.delete(token);
    return found;
  }
}

interface Export {
  readonly pieces: AsyncGenerator<Uint8Array>;
  readonly release: () => Promise<void>;
}

class Exports {
  readonly #tokens = new Tokens<Export>();

  begin(pieces: AsyncGenerator<Uint8Array>, release: () => Promise<void>): number {
    return this.#tokens.begin({ pieces, release });
  }

  /** Many small pieces as one; nothing at the end. */
  async read(token: number): Promise<Uint8Array> {
    const { pieces } = this.#tokens.get(token);
    const parts: Uint8Array[] = [];
    let size = 0;
    while (size < PIECE_BYTES) {
      const { done, value } = await pieces.next();
      if (done) break;
      parts.push(value);
      size += value.length;
    }
    const whole = new Uint8Array(size);
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  async end(token: number): Promise<void> {
    const { pieces, release } = this.#tokens.take(token);
    await pieces.return(undefined);
    await release();
  }
}

/** A layer that comes in and becomes a snapshot. */
export class Import {
  readonly #store: OpenStore;
  readonly #name: string;
  readonly #image: MachineImage;
  readonly #host: Host;
  readonly #root: MemoryFileSystem;
  readonly #input: TransformStream<Uint8Array, Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #work: Promise<void>;
  #lastIno = 0;
  #usage = { memory: 0, inodes: 0 };
  #tree: string | undefined;

  constructor(store: OpenStore, name: string, image: MachineImage, host: Host) {
    this.#store = store;
    this.#name = name;
    this.#image = image;
    this.#host = host;
    const lower = [imageFileSystem(image.source).root];
    this.#root = new MemoryFileSystem({ lower, kept: { chunks: store.chunks } });
    this.#root.attach({
      clock: host.clock,
      quota: Quota.of(DEFAULT_LIMITS.disk, DEFAULT_LIMITS.inodes),
    });
    this.#input = new TransformStream();
    this.#writer = this.#input.writable.getWriter();
    this.#work = this.#run();
    this.#work.catch(() => {});
  }

  async feed(bytes: Uint8Array): Promise<void> {
    // Where it failed there is nobody who reads.
    await Promise.race([this.#writer.write(bytes), this.#work.then(() => new Promise(() => {}))]);
  }

  async finish(): Promise<Snapshot> {
    try {
      void this.#writer.close().catch(() => {});
      await this.#work;
      await this.#commit();
      return await this.#keep();
    } finally {
      await this.#store.release();
    }
  }

  async cancel(): Promise<void> {
    void this.#writer.abort().catch(() => {});
    await this.#work.catch(() => {});
    await this.#store.release();
  }

  async #run(): Promise<void> {
    const input = pieces(this.#input.readable);
    try {
      await importLayer(input, this.#root.root, () => this.#commit());
      // What follows the archive's end is of no interest, but has to go somewhere.
      for await (const _ of input) void _;
    } catch (reason) {
      if (reason instanceof KernelError || reason instanceof IsopodError) throw reason;
      throw new IsopodError("ERR_IMPORT", `the layer cannot be imported: ${String(reason)}`);
    }
  }

  /** To the store, with no ref yet. */
  async #commit(): Promise<void> {
    const { clock, scheduler } = this.#host;
    const now = () => Number(clock.monotonic() / 1_000_000n);
    const capture = this.#root.capture();
    const written = await writeCapture(capture, this.#store.chunks, { scheduler, now });
    written.committed();
    this.#lastIno = capture.lastIno;
    this.#usage = written.usage;
    this.#tree = written.tree;
  }

  async #keep(): Promise<Snapshot> {
    const { chunks, source } = this.#store;
    const { reference, digest, config } = this.#image;
    const given = { hostname: undefined, user: undefined, env: {}, cwd: undefined };
    const filled = withImageDefaults({ ...given, mounts: [], limits: {} }, config);
    const { hostname, user, env, cwd } = filled;
    const record: SnapshotRecord = {
      tree: this.#tree as string,
      lastIno: this.#lastIno,
      usage: this.#usage,
      image: { reference, digest },
      machine: { hostname, user, env, cwd },
      created: Number(this.#host.clock.realtime() / 1_000_000n),
      parent: undefined,
    };
    const id = await putChunk(chunks, encodeSnapshot(record));
    if (!(await chunks.store.swapRef(`snapshots/${this.#name}`, undefined, id))) {
      const message = `there is a snapshot ${this.#name} already`;
      throw new IsopodError("ERR_SNAPSHOT_EXISTS", message);
    }
    return describe(source, id, record, this.#name);
  }
}

/** A stream's pieces; not every host's streams can be iterated. */
async function* pieces(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}
