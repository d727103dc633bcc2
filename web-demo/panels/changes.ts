/** Commits and differences of the machine that runs. */
import type { Snapshot, SnapshotDiff, Vm } from "../../src/browser.ts";
import type { KeptSnapshot } from "../store.ts";

interface Keeping {
  commit?(): Promise<Snapshot>;
  diff?(from: string, to: string): Promise<SnapshotDiff>;
}

export async function commit(vm: Vm): Promise<Snapshot> {
  const { commit } = vm as Vm & Keeping;
  if (!commit) throw new Error("this build keeps no snapshots");
  return commit.call(vm);
}

/** From one state to a later one. */
export async function changesBetween(
  vm: Vm,
  before: KeptSnapshot,
  after: KeptSnapshot,
): Promise<SnapshotDiff> {
  if (before.tree === after.tree) return { added: [], changed: [], removed: [] };
  const { diff } = vm as Vm & Keeping;
  if (!diff) throw new Error("this build compares no snapshots");
  return diff.call(vm, before.name, after.name);
}
