/** `/vms/NAME/snapshots` and `/vms/NAME/fork`: states that are kept, and machines that begin with them. */
import { decodeSnapshot } from "../../../../kernel/state/snapshot-record.ts";
import { badRequest, RemoteError } from "../../errors.ts";
import { jsonBody } from "../body.ts";
import { type Check, optional, record } from "../checks.ts";
import { Holdings } from "../holdings.ts";
import type { TravelGate } from "../host.ts";
import { forkRequest, storedName } from "../operations.ts";
import type { Route } from "../server.ts";
import { wrongMethod } from "./machines.ts";

const snapshotBody: Check<{ name: string | undefined }> = record({ name: optional(storedName) });
const REF = "snapshots/";

/** Those of the store that the machine is in: made, listed, forgotten. */
export async function snapshots(route: Route): Promise<Response> {
  const { request, host, name, rest } = route;
  if (request.method === "POST") {
    const { name: wanted } = snapshotBody(await jsonBody(request));
    const made = await withMachine(route, (holdings) => holdings.snapshot(wanted));
    const { store: _, ...told } = made;
    return Response.json(told, { status: 201 });
  }
  if (!host.travel) throw keepsNone();
  const chunks = await host.travel.chunks(name);
  if (request.method === "GET") return Response.json({ snapshots: await list(chunks) });
  if (request.method !== "DELETE") throw wrongMethod(request, "GET, POST, DELETE");
  const ref = REF + storedName(rest.slice(1));
  const found = (await chunks.refs()).get(ref);
  if (found === undefined) {
    throw new RemoteError(404, "ERR_NO_SNAPSHOT", `there is no snapshot ${rest.slice(1)}`);
  }
  await chunks.swapRef(ref, found, undefined);
  return new Response(null, { status: 204 });
}

/** Makes another machine that begins as this one is now. */
export async function fork(route: Route): Promise<Response> {
  if (route.request.method !== "POST") throw wrongMethod(route.request, "POST");
  const wanted = forkRequest(await jsonBody(route.request));
  if (wanted.name === undefined) throw badRequest('a fork needs a "name"');
  const name = await withMachine(route, (holdings) => holdings.fork(wanted));
  return Response.json({ name }, { status: 201, headers: { location: `/vms/${name}` } });
}

async function withMachine<T>(
  { host, name }: Route,
  act: (holdings: Holdings) => Promise<T>,
): Promise<T> {
  const holdings = new Holdings(await host.attach(name), 0);
  try {
    return await act(holdings);
  } finally {
    await holdings.release();
  }
}

async function list(chunks: Awaited<ReturnType<TravelGate["chunks"]>>) {
  const found: object[] = [];
  for (const [ref, id] of await chunks.refs()) {
    if (!ref.startsWith(REF)) continue;
    const bytes = await chunks.get(id);
    if (!bytes) continue;
    const { tree, created, parent, image } = decodeSnapshot(bytes);
    found.push({ name: ref.slice(REF.length), id, tree, created, parent, image });
  }
  return found;
}

function keepsNone(): RemoteError {
  const message =
    "this server keeps its machines in memory, and no list of snapshots; give it --store";
  return new RemoteError(409, "ERR_NO_STORE", message);
}
