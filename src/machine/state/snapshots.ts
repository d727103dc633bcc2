/** What can be asked of the snapshots in a store, whether a machine uses it or not. */
import { differences } from "../../../kernel/state/diff.ts";
import { TreeView } from "../../../kernel/state/tree-view.ts";
import { IsopodError } from "../../errors.ts";
import { imageFileSystem } from "../boot.ts";
import type { Platform } from "../platform.ts";
import type { Snapshot, SnapshotDiff, StoreSource } from "../protocol.ts";
import { describe, findSnapshot, readHead } from "./machine-state.ts";
import type { OpenStore, OpenStores } from "./open-stores.ts";

const SNAPSHOTS = "snapshots/";
const MACHINES = "machines/";

export class Snapshots {
  readonly #stores: OpenStores;
  readonly #platform: Platform;

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
      const names = refs.filter((ref) => ref.startsWith(MACHINES));
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

  async #view(
    { chunks }: OpenStore,
    wanted: string,
  ): Promise<{ readonly tree: string; readonly view: TreeView }> {
    const hash = (await findSnapshot(chunks, wanted)) ?? wanted;
    const { tree, image } = (await readHead(chunks, hash)).record;
    const { source } = await this.#platform.openImage(image.reference);
    return { tree, view: await TreeView.open(chunks, tree, imageFileSystem(source).root) };
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
