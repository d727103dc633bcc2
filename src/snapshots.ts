/** What is in a store, asked without a machine that uses it. Each host's entry point adds its thread. */
import { fromFailure } from "./errors.ts";
import { isFailure, type Snapshot, type SnapshotDiff } from "./machine/protocol.ts";
import type { SnapshotOperations } from "./machine/service.ts";
import { type Store, snapshotId, store, storedName } from "./options/stores.ts";
import type { KernelThread } from "./thread/kernel-thread.ts";

export interface StoredThings {
  /** The snapshots in `from`, the oldest first. */
  listSnapshots(from: Store): Promise<Snapshot[]>;
  /** Names of the machines in `from`. */
  listMachines(from: Store): Promise<string[]>;
  /** Forgets a snapshot by its name; what nothing else needs is collected as garbage. */
  removeSnapshot(from: Store, name: string): Promise<void>;
  /** Removes a machine that is switched off. */
  removeMachine(from: Store, name: string): Promise<void>;
  /** What differs between two snapshots, by value, id or name. */
  diffSnapshots(
    inside: Store,
    from: Snapshot | string,
    to: Snapshot | string,
  ): Promise<SnapshotDiff>;
  /**
   * What a snapshot changes in its image, as a tar stream that is an OCI layer: put on top of the image's
   * own layers, it gives the same files.
   */
  exportSnapshot(inside: Store, snapshot: Snapshot | string): ReadableStream<Uint8Array>;
  /** Makes a snapshot of an image, by default the base image, and a layer over it: tar, or tar and gzip. */
  importSnapshot(
    into: Store,
    name: string,
    layer: ReadableStream<Uint8Array> | Uint8Array,
    options?: { image?: string },
  ): Promise<Snapshot>;
}

export function storedThings(thread: () => KernelThread): StoredThings {
  const ask = <N extends keyof SnapshotOperations & string>(
    name: N,
    ...args: Parameters<SnapshotOperations[N]>
  ) => request(thread(), name, args) as ReturnType<SnapshotOperations[N]>;
  const from = (where: string, value: Store) => store({ where, name: "store" }, value);
  const named = (where: string, value: string) => storedName({ where, name: "name" }, value);
  return {
    listSnapshots: async (source) => ask("list", from("listSnapshots", source)),
    listMachines: async (source) => ask("machines", from("listMachines", source)),
    removeSnapshot: async (source, name) =>
      ask("remove", from("removeSnapshot", source), named("removeSnapshot", name)),
    removeMachine: async (source, name) =>
      ask("removeMachine", from("removeMachine", source), named("removeMachine", name)),
    async diffSnapshots(source, before, after) {
      const where = "diffSnapshots";
      const ids = [snapshotId(where, "from", before), snapshotId(where, "to", after)] as const;
      return ask("diff", from(where, source), ...ids);
    },
    exportSnapshot(source, wanted) {
      const where = "exportSnapshot";
      const begin = () =>
        ask("beginExport", from(where, source), snapshotId(where, "snapshot", wanted));
      return exported(begin, ask);
    },
    async importSnapshot(source, name, layer, { image } = {}) {
      const where = "importSnapshot";
      const place = from(where, source);
      const token = await ask("beginImport", place, named(where, name), image);
      try {
        await feed(layer, (bytes) => ask("feedImport", token, bytes));
      } catch (reason) {
        await ask("cancelImport", token);
        throw reason;
      }
      return ask("finishImport", token);
    },
  };
}

type Ask = <N extends keyof SnapshotOperations & string>(
  name: N,
  ...args: Parameters<SnapshotOperations[N]>
) => ReturnType<SnapshotOperations[N]>;

function exported(begin: () => Promise<number>, ask: Ask): ReadableStream<Uint8Array> {
  let token: Promise<number> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        token ??= begin();
        const bytes = await ask("readExport", await token);
        if (bytes.length > 0) return controller.enqueue(bytes);
        await ask("endExport", await token);
        controller.close();
      },
      async cancel() {
        if (token) await ask("endExport", await token);
      },
    },
    { highWaterMark: 0 },
  );
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}

const GZIP = [0x1f, 0x8b];

/** Hands on a layer, uncompressed. */
async function feed(
  layer: ReadableStream<Uint8Array> | Uint8Array,
  take: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const reader = (layer instanceof Uint8Array ? streamOf(layer) : layer).getReader();
  const first = await reader.read();
  const isGzip = GZIP.every((byte, i) => first.value?.[i] === byte);
  const all = new ReadableStream<Uint8Array>({
    start(controller) {
      if (first.value) controller.enqueue(first.value);
    },
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  const plain = isGzip
    ? all.pipeThrough(new DecompressionStream("gzip") as TransformStream<Uint8Array, Uint8Array>)
    : all;
  const pieces = plain.getReader();
  for (let next = await pieces.read(); !next.done; next = await pieces.read()) {
    await take(next.value);
  }
}

async function request(
  thread: KernelThread,
  name: string,
  args: readonly unknown[],
): Promise<unknown> {
  try {
    return await thread.request(0, "snapshots" as never, name as never, args as never);
  } catch (reason) {
    throw isFailure(reason) ? fromFailure(reason) : reason;
  }
}
