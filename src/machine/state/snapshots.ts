/** What can be asked of the snapshots in a store, whether a machine uses it or not. */
import { differences } from "../../../kernel/state/diff.ts";
import { decodeTree } from "../../../kernel/state/snapshot-record.ts";
import { TreeView } from "../../../kernel/state/tree-view.ts";
import { MemoryFileSystem } from "../../../kernel/vfs/memory/file-system.ts";
import { awake } from "../../../kernel/wait/sleep.ts";
import { IsopodError } from "../../errors.ts";
import { imageFileSystem } from "../boot.ts";
import type { Platform } from "../platform.ts";
import type { Snapshot, SnapshotDiff, StoreSource } from "../protocol.ts";
import { forgetAnswers } from "./answers.ts";
import type { LayerTransfers } from "./layer-transfers.ts";
import { describe, findSnapshot, readHead, TEMPORARY } from "./machine-state.ts";
import type { OpenStore, OpenStores } from "./open-stores.ts";

const SNAPSHOTS = "snapshots/";
const MACHINES = "machines/";

export class Snapshots {
  readonly #stores: OpenStores;
  readonly #platform: Platform;
  #transfers: LayerTransfers | undefined;

  constructor(stores: OpenStores, platform: Platform) {
    this.#stores = stores;
    this.#platform = platform;
  }

  /** The oldest first. */
  async list(source: StoreSource): Promise<Snapshot[]> {
    return this.#with(source, async ({ chunks }) => {
      const found: Snapshot[] = [];
      for (const [ref, hash] of await chunks.store.refs()) {
        if (!ref.startsWith(SNAPSHOTS)) continue;
        const { record } = await readHead(chunks, hash);
        found.push(describe(source, hash, record, ref.slice(SNAPSHOTS.length)));
      }
      return found.sort((a, b) => a.created - b.created);
    });
  }

  /** Names of the machines that are kept in a store. */
  async machines(source: StoreSource): Promise<string[]> {
    return this.#with(source, async ({ chunks }) => {
      const refs = [...(await chunks.store.refs()).keys()];
      const names = refs.filter((ref) => ref.startsWith(MACHINES) && !ref.startsWith(TEMPORARY));
      return names.map((ref) => ref.slice(MACHINES.length)).sort();
    });
  }

  /** Forgets a name; what nobody else needs is garbage then. */
  async remove(source: StoreSource, name: string): Promise<void> {
    await this.#with(source, async ({ chunks: { store } }) => {
      const ref = SNAPSHOTS + name;
      const found = await store.readRef(ref);
      if (found === undefined || !(await store.swapRef(ref, found, undefined))) {
        throw new IsopodError("ERR_NO_SNAPSHOT", `there is no snapshot ${JSON.stringify(name)}`);
      }
    });
  }

  /** Removes a machine that is switched off. */
  async removeMachine(source: StoreSource, name: string): Promise<void> {
    await this.#with(source, async ({ chunks: { store } }) => {
      const ref = MACHINES + name;
      const lock = await store.lock(ref);
      try {
        const found = await store.readRef(ref);
        if (found === undefined || !(await store.swapRef(ref, found, undefined))) {
          throw new IsopodError("ERR_NO_MACHINE", `there is no machine ${JSON.stringify(name)}`);
        }
        await forgetAnswers(store, name);
      } finally {
        await lock.release();
      }
    });
  }

  /** `from` and `to` are ids or names. */
  async diff(source: StoreSource, from: string, to: string): Promise<SnapshotDiff> {
    return this.#with(source, async (store) => {
      const [before, after] = [await this.#view(store, from), await this.#view(store, to)];
      const found = { added: [] as string[], changed: [] as string[], removed: [] as string[] };
      if (before.tree !== after.tree) {
        for await (const [kind, path] of differences(before.view, after.view))
          found[kind].push(path);
      }
      for (const paths of Object.values(found)) paths.sort();
      return found;
    });
  }

  /** A number under which readExport gives the layer, piece by piece. */
  async beginExport(source: StoreSource, wanted: string): Promise<number> {
    const { exports } = await this.#layers();
    const { exportLayer } = await import("./export-layer.ts");
    const store = await this.#stores.open(source);
    const { chunks } = store;
    try {
      const { record, image } = await this.#read(store, wanted);
      const tree = decodeTree(await awake(() => chunks.need(record.tree)));
      const { lastIno, usage } = record;
      const kept = { chunks, state: { tree, lastIno, usage } };
      const root = new MemoryFileSystem({ lower: [image], kept }).root;
      const view = await TreeView.open(chunks, record.tree, image);
      return exports.begin(exportLayer(view, root), () => store.release());
    } catch (reason) {
      await store.release();
      throw reason;
    }
  }

  /** The next bytes of a layer; none at its end. */
  async readExport(token: number): Promise<Uint8Array> {
    return (await this.#layers()).exports.read(token);
  }

  async endExport(token: number): Promise<void> {
    return (await this.#layers()).exports.end(token);
  }

  /** A number under which feedImport takes a layer, piece by piece. */
  async beginImport(source: StoreSource, name: string, image: string | undefined): Promise<number> {
    const { imports } = await this.#layers();
    const { Import } = await import("./layer-transfers.ts");
    const store = await this.#stores.open(source);
    try {
      const machineImage = await this.#platform.openImage(image);
      const importing = new Import(store, name, machineImage, this.#platform.host);
      return imports.begin(importing);
    } catch (reason) {
      await store.release();
      throw reason;
    }
  }

  /** Resolves when more may come. */
  async feedImport(token: number, bytes: Uint8Array): Promise<void> {
    return (await this.#layers()).imports.get(token).feed(bytes);
  }

  async finishImport(token: number): Promise<Snapshot> {
    return (await this.#layers()).imports.take(token).finish();
  }

  async cancelImport(token: number): Promise<void> {
    await (await this.#layers()).imports.take(token).cancel();
  }

  /** What few ever ask for is loaded when it is. */
  async #layers(): Promise<LayerTransfers> {
    const { LayerTransfers } = await import("./layer-transfers.ts");
    this.#transfers ??= new LayerTransfers();
    return this.#transfers;
  }

  async #read({ chunks }: OpenStore, wanted: string) {
    const hash = (await findSnapshot(chunks, wanted)) ?? wanted;
    const { record } = await readHead(chunks, hash);
    const { source } = await this.#platform.openImage(record.image.reference);
    return { record, image: imageFileSystem(source).root };
  }

  async #view(
    store: OpenStore,
    wanted: string,
  ): Promise<{ readonly tree: string; readonly view: TreeView }> {
    const { record, image } = await this.#read(store, wanted);
    return { tree: record.tree, view: await TreeView.open(store.chunks, record.tree, image) };
  }

  async #with<T>(source: StoreSource, work: (store: OpenStore) => Promise<T>): Promise<T> {
    const store = await this.#stores.open(source);
    try {
      return await work(store);
    } finally {
      await store.release();
    }
  }
}
