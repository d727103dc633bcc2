/** internalBinding("mksnapshot"): lib/ prepares itself for our snapshot as it does for Node's own. */
import type { BindingFactory } from "../environment.ts";
import { refused } from "../errors.ts";

export const mksnapshot: BindingFactory = (env) => ({
  setSerializeCallback(callback: () => void) {
    env.snapshot.serialize = callback;
  },
  setDeserializeCallback(callback: () => void) {
    env.snapshot.deserialize = callback;
  },
  setDeserializeMainFunction: refuse,
  runEmbedderPreload: refuse,
  compileSerializeMain: refuse,
  anonymousMainPath: "__node_anonymous_main",
  isBuildingSnapshotBuffer: env.snapshot.isBuilding,
});

function refuse(): never {
  throw refused("Building start-up snapshots", "a machine's own snapshots keep running state");
}
