/** internalBinding("heap_utils"): heap snapshots, which a guest cannot have. */
import type { BindingFactory } from "../environment.ts";
import { refused } from "../errors.ts";

const WHY = "a guest's heap cannot be written out";

export const heapUtils: BindingFactory = () => ({
  buildEmbedderGraph: () => [],
  triggerHeapSnapshot() {
    throw refused("v8.writeHeapSnapshot()", WHY);
  },
  createHeapSnapshotStream() {
    throw refused("v8.getHeapSnapshot()", WHY);
  },
});

/** internalBinding("internal_only_v8"). */
export const internalOnlyV8: BindingFactory = () => ({
  queryObjects() {
    throw refused("v8.queryObjects()", "a guest's heap cannot be searched");
  },
});
