/** Leads a request to the machine that it names. */
import type { DurableObjectNamespace } from "@cloudflare/workers-types";

export interface EdgeEnv {
  /** The namespace of the class IsopodMachine. */
  readonly MACHINES: DurableObjectNamespace;
}

const ROUTE = /^\/v1\/machines\/([a-z0-9]{1,64})(\/.*)?$/;

export async function handle(request: Request, env: EdgeEnv): Promise<Response> {
  const { pathname } = new URL(request.url);
  const [, id] = ROUTE.exec(pathname) ?? [];
  if (id === undefined) return new Response("no such route\n", { status: 404 });
  const stub = env.MACHINES.get(env.MACHINES.idFromName(id));
  return stub.fetch(request as never) as never;
}
