/** `moveMachine` and `copyMachine`, for hosts that say how they open their stores. */
import type { ChunkStore } from "../../../kernel/state/chunk-store.ts";
import { IsopodError } from "../../errors.ts";
import type { StoreSource } from "../../machine/protocol.ts";
import { store as checkStore, type Store, storedName } from "../../options/stores.ts";
import { RemoteHost } from "../client/connect.ts";
import { inStore } from "./in-store.ts";
import { type Place, type TravelOptions, type TravelReport, travel } from "./travel.ts";

/** A machine of a server, or one in a store of this host, which must be switched off. */
export type MachinePlace =
  | { readonly host: RemoteHost; readonly name: string }
  | { readonly store: Store; readonly name: string };

export type Travel = (
  from: MachinePlace,
  to: MachinePlace,
  options?: TravelOptions,
) => Promise<TravelReport>;

/** Opens a store for this thread's own use. */
export type OpenStore = (source: StoreSource) => Promise<ChunkStore>;

/** `copyMachine`, or with `move` `moveMachine`. */
export function traveller(openStore: OpenStore, move: boolean): Travel {
  const where = move ? "moveMachine" : "copyMachine";
  return async (from, to, options = {}) => {
    const opened: ChunkStore[] = [];
    try {
      const source = await placeOf(where, from, openStore, opened);
      const target = await placeOf(where, to, openStore, opened);
      return await travel(source, target, move, options);
    } finally {
      for (const chunks of opened) await chunks.close();
    }
  };
}

async function placeOf(
  where: string,
  place: MachinePlace,
  openStore: OpenStore,
  opened: ChunkStore[],
): Promise<Place> {
  const name = storedName({ where, name: "name" }, place?.name);
  if ("host" in place) {
    if (place.host instanceof RemoteHost) return place.host.place(name);
    throw new IsopodError("ERR_INVALID_OPTION", `${where}: host must be what connect() gave`);
  }
  const source = checkStore({ where, name: "store" }, place.store);
  const chunks = await openStore(source);
  opened.push(chunks);
  return inStore(chunks, name, labelOf(source));
}

function labelOf(source: StoreSource): string {
  if (source.type === "directory") return source.path;
  return source.type === "durable-object" ? "the object's storage" : `the store ${source.name}`;
}
