/** Leads a request to the machine that it names. */
import type { EdgeEnv } from "./env.ts";

const ROUTE = /^\/v1\/machines\/([a-z0-9]{1,64})(\/.*)?$/;

export async function handle(request: Request, env: EdgeEnv): Promise<Response> {
  const { pathname } = new URL(request.url);
  const [, id] = ROUTE.exec(pathname) ?? [];
  if (id === undefined) return new Response("no such route\n", { status: 404 });
  const stub = env.MACHINES.get(env.MACHINES.idFromName(id));
  return stub.fetch(request as never) as never;
}
