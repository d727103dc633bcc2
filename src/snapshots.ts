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
  };
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
