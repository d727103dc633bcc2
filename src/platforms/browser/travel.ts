/** Machines between the tab's own storage and servers; what carries them is loaded when the first leaves. */
import { IsopodError } from "../../errors.ts";
import type { OpenStore, Travel } from "../../remote/travel/move.ts";

const openStore: OpenStore = async (source) => {
  const { openIndexedDbStore } = await import("../../stores/indexed-db.ts");
  if (source.type === "indexed-db") return openIndexedDbStore(source.name);
  const message = `a machine in a ${source.type} store cannot travel from a tab: use indexedDbStore()`;
  throw new IsopodError("ERR_NOT_ON_THIS_HOST", message);
};

/** Takes a machine elsewhere: it is switched off and gone here when it is there. */
export const moveMachine = lazyTraveller(true);

/** Makes a machine elsewhere like one here, as it was last committed. */
export const copyMachine = lazyTraveller(false);

function lazyTraveller(move: boolean): Travel {
  return async (...journey) => {
    const { traveller } = await import("../../remote/travel/move.ts");
    return traveller(openStore, move)(...journey);
  };
}
