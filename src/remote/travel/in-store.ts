/** A machine in a store that this thread opened: a directory on Node, a database in a tab. It is off. */
import type { ChunkStore, StoreLock } from "../../../kernel/state/chunk-store.ts";
import { references } from "../../../kernel/state/references.ts";
import { transferTarget } from "../../stores/transfer-target.ts";
import { clearMark, committed, expectFree, machineRef, markMoved } from "./refs.ts";
import type { Place } from "./travel.ts";

/** `label` says for people which store it is. The caller closes `chunks`, after the way is done. */
export function inStore(chunks: ChunkStore, name: string, label: string): Place {
  const target = transferTarget(chunks, references);
  let lock: StoreLock | undefined;
  const unlock = async () => {
    const held = lock;
    lock = undefined;
    await held?.release();
  };
  return {
    label,
    name,
    chunks,
    target,
    async depart(move) {
      // Whoever has it switched on keeps it, and is named in the error.
      if (move) lock = await chunks.lock(machineRef(name));
      try {
        return await committed(chunks, name);
      } catch (reason) {
        await unlock();
        throw reason;
      }
    },
    async moved() {
      await markMoved(chunks, name);
      await unlock();
    },
    stay: unlock,
    expect: (root) => expectFree(chunks, name, root),
    async arrive(root) {
      // Verifies that all of it is here, too.
      const here = await chunks.readRef(machineRef(name));
      if (here === undefined) await target.finish(machineRef(name), undefined, root);
      await expectFree(chunks, name, root);
      await clearMark(chunks, name);
    },
  };
}
