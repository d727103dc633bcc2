/** Machines between a server and a directory of this host, or two of either. */
import { IsopodError } from "./errors.ts";
import type { OpenStore } from "./remote/travel/move.ts";
import { traveller } from "./remote/travel/move.ts";

const openStore: OpenStore = async (source) => {
  if (source.type === "directory") {
    const { openDirectoryStore } = await import("./stores/directory.ts");
    return openDirectoryStore(source.path);
  }
  const message = `a machine in a ${source.type} store cannot travel from here: use directoryStore()`;
  throw new IsopodError("ERR_NOT_ON_THIS_HOST", message);
};

/** Takes a machine elsewhere: it is switched off and gone here when it is there. */
export const moveMachine = traveller(openStore, true);

/** Makes a machine elsewhere like one here, as it was last committed. */
export const copyMachine = traveller(openStore, false);
