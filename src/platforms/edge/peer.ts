/** Another machine's object, as a place where a machine arrives. */
import type { Transport } from "../../remote/client/transport.ts";
import { atServer } from "../../remote/travel/at-server.ts";
import type { Place } from "../../remote/travel/travel.ts";
import type { EdgeEnv } from "./env.ts";
import type { MachineRecord } from "./machine-host.ts";

/** What the class of the objects has beside fetch(); the binding alone can call it. */
interface MachineStub {
  expect(record: MachineRecord): Promise<void>;
  fetch(request: Request): Promise<Response>;
}

export async function preparePeer({ MACHINES }: EdgeEnv, record: MachineRecord): Promise<Place> {
  const stub = MACHINES.get(MACHINES.idFromName(record.name)) as unknown as MachineStub;
  await stub.expect(record);
  const transport: Transport = {
    address: "another object",
    fetch: (path, init) => stub.fetch(new Request(`https://object${path}`, init)),
    open() {
      throw new Error("objects do not open WebSockets to each other");
    },
    withToken: () => transport,
  };
  return atServer(transport, record.name);
}
