/**
 * Leads each request to the Durable Object of the machine that it names, once it is known that it may go
 * there. The path is compared as it was sent: nothing is decoded, so no spelling of a name is another's.
 */
import { badRequest, RemoteError, toResponse } from "../../remote/errors.ts";
import { isMachineName } from "../../remote/protocol.ts";
import { type AccessRules, preflight, withAccessHeaders } from "../../remote/server/access.ts";
import { jsonBody } from "../../remote/server/body.ts";
import { checkToken, isOpen, machineToken } from "./access.ts";
import type { EdgeEnv } from "./env.ts";
import { isFork, newName } from "./names.ts";

export interface HandleOptions {
  /** Your own Worker has checked who asks, and for which machine. Default: false. */
  readonly trusted?: boolean;
}

/** Answers any request under `/vms`; never rejects. */
export async function handle(
  request: Request,
  env: EdgeEnv,
  { trusted = false }: HandleOptions = {},
): Promise<Response> {
  const rules = rulesOf(env);
  let response: Response;
  try {
    response = preflight(request, rules) ?? (await lead(request, env, rules, trusted));
  } catch (reason) {
    response = toResponse(reason);
  }
  if (response.status === 101) return response;
  const answer = new Response(response.body, response);
  withAccessHeaders(request, answer, rules);
  return answer;
}

async function lead(
  request: Request,
  env: EdgeEnv,
  rules: AccessRules,
  trusted: boolean,
): Promise<Response> {
  checkOrigin(request, rules);
  const { pathname } = new URL(request.url);
  const [, vms, name] = /^\/([^/]*)(?:\/([^/]*).*)?$/.exec(pathname) ?? [];
  if (vms !== "vms") throw new RemoteError(404, "ERR_NO_SUCH_ROUTE", "machines are under /vms");
  if (name === undefined || name === "") {
    if (!trusted) await checkToken(request, env, undefined);
    return create(request, env, trusted);
  }
  if (!isMachineName(name)) throw badRequest("this is no machine's name");
  if (!trusted) await checkToken(request, env, name);
  return ask(env, name, request);
}

/** The one route without a name in its path. */
async function create(request: Request, env: EdgeEnv, trusted: boolean): Promise<Response> {
  if (request.method !== "POST") {
    const message = "the edge keeps no list of its machines; POST makes one";
    throw new RemoteError(405, "ERR_METHOD_NOT_ALLOWED", message);
  }
  const body = await jsonBody(request);
  const { name = newName() } = body as { name?: unknown };
  if (!isMachineName(name) || isFork(name)) throw badRequest("this is no name for a new machine");
  if (!trusted) await checkToken(request, env, name);
  const response = await ask(
    env,
    name,
    new Request(request.url, { method: "POST", body: JSON.stringify({ ...body, name }) }),
  );
  if (response.status !== 201 || trusted || isOpen(env)) return response;
  const token = await machineToken(env.ISOPOD_TOKEN as string, name);
  return Response.json({ ...((await response.json()) as object), token }, response);
}

async function ask(env: EdgeEnv, name: string, request: Request): Promise<Response> {
  const stub = env.MACHINES.get(env.MACHINES.idFromName(name));
  return (await stub.fetch(request as never)) as unknown as Response;
}

function checkOrigin(request: Request, { origins }: AccessRules): void {
  const origin = request.headers.get("origin");
  if (origin === null || origins.includes("*") || origins.includes(origin)) return;
  const message = `pages of ${origin} may not use this server; name them in ISOPOD_ORIGINS`;
  throw new RemoteError(403, "ERR_ORIGIN_REFUSED", message);
}

function rulesOf({ ISOPOD_ORIGINS = "" }: EdgeEnv): AccessRules {
  const origins = ISOPOD_ORIGINS.split(/[\s,]+/).filter((origin) => origin !== "");
  return { token: undefined, origins };
}
