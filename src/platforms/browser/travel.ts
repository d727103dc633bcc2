/** Machines between the tab's own storage and servers. */
import { IsopodError } from "../../errors.ts";
import { type OpenStore, traveller } from "../../remote/travel/move.ts";
import { openIndexedDbStore } from "../../stores/indexed-db.ts";

const openStore: OpenStore = async (source) => {
  if (source.type === "indexed-db") return openIndexedDbStore(source.name);
  const message = `a machine in a ${source.type} store cannot travel from a tab: use indexedDbStore()`;
  throw new IsopodError("ERR_NOT_ON_THIS_HOST", message);
};

/** Takes a machine elsewhere: it is switched off and gone here when it is there. */
export const moveMachine = traveller(openStore, true);

/** Makes a machine elsewhere like one here, as it was last committed. */
export const copyMachine = traveller(openStore, false);
