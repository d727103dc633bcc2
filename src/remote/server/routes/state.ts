/** `/vms/NAME/snapshots` and `/vms/NAME/fork`: states that are kept, and machines that begin with them. */
import type { Snapshot } from "../../../machine/protocol.ts";
import { badRequest } from "../../errors.ts";
import { jsonBody } from "../body.ts";
import { type Check, optional, record } from "../checks.ts";
import { Holdings } from "../holdings.ts";
import { forkRequest, storedName } from "../operations.ts";
import type { Route } from "../server.ts";
import { wrongMethod } from "./machines.ts";

const snapshotBody: Check<{ name: string | undefined }> = record({ name: optional(storedName) });

/** Those of the store that the machine is in: made, listed, forgotten. */
export async function snapshots(route: Route): Promise<Response> {
  const { request, rest } = route;
  switch (request.method) {
    case "POST": {
      const { name } = snapshotBody(await jsonBody(request));
      const made = await withMachine(route, (holdings) => holdings.snapshot(name));
      return Response.json(told(made), { status: 201 });
    }
    case "GET": {
      const found = await withMachine(route, (holdings) => holdings.snapshots());
      return Response.json({ snapshots: found.map(told) });
    }
    case "DELETE": {
      const name = storedName(rest.slice(1));
      await withMachine(route, (holdings) => holdings.request("machine", "removeSnapshot", [name]));
      return new Response(null, { status: 204 });
    }
    default:
      throw wrongMethod(request, "GET, POST, DELETE");
  }
}

/** `?from=SNAPSHOT[&to=SNAPSHOT]`: the paths that differ; without `to`, from the files as they are. */
export async function diff(route: Route): Promise<Response> {
  const { request, url } = route;
  if (request.method !== "GET") throw wrongMethod(request, "GET");
  const from = storedName(url.searchParams.get("from"));
  const to = optional(storedName)(url.searchParams.get("to") ?? undefined);
  return Response.json(
    await withMachine(route, (holdings) => holdings.request("machine", "diff", [from, to])),
  );
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

function told({ id, name, tree, created, parent, image }: Snapshot) {
  return { id, name, tree, created, parent, image };
}
