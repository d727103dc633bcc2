/**
 * Who may use which machine. The Worker's secret ISOPOD_TOKEN opens all of them; a machine's own token,
 * made from that secret and its name, opens it and its forks alone. Where ISOPOD_ACCESS is "open" there is no secret:
 * anybody may make machines, each under a name that nobody can guess, and who knows the name may use it.
 */
import { RemoteError } from "../../remote/errors.ts";
import { sameText, tokenOf } from "../../remote/server/access.ts";
import type { EdgeEnv } from "./env.ts";
import { isUnguessable, lineOf } from "./names.ts";

export function isOpen({ ISOPOD_ACCESS }: EdgeEnv): boolean {
  return ISOPOD_ACCESS === "open";
}

/** Throws where the request may not reach machine `name`, or without one make machines. */
export async function checkToken(
  request: Request,
  env: EdgeEnv,
  name: string | undefined,
): Promise<void> {
  const { ISOPOD_TOKEN: secret } = env;
  if (isOpen(env)) {
    if (name === undefined || isUnguessable(name)) return;
    const message = "this server chooses the names of its machines: POST /vms without one";
    throw new RemoteError(403, "ERR_NAME_REFUSED", message);
  }
  if (!secret) throw notSetUp();
  const given = tokenOf(request);
  if (given === undefined) throw unauthorized("a token is needed");
  if (await sameText(given, secret)) return;
  for (const owner of name === undefined ? [] : lineOf(name)) {
    if (await sameText(given, await machineToken(secret, owner))) return;
  }
  throw unauthorized("the token is wrong");
}

/** Opens machine `name` and its forks. */
export async function machineToken(secret: string, name: string): Promise<string> {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes(secret), algorithm, false, ["sign"]);
  const signature = await crypto.subtle.sign("HMAC", key, bytes(`isopod machine ${name}`));
  return new Uint8Array(signature).toHex();
}

function unauthorized(what: string): RemoteError {
  return new RemoteError(401, "ERR_UNAUTHORIZED", `${what}: send "Authorization: Bearer TOKEN"`);
}

function notSetUp(): RemoteError {
  const message =
    "nobody may use this server yet: set its secret ISOPOD_TOKEN (npx wrangler secret put ISOPOD_TOKEN)";
  return new RemoteError(503, "ERR_NOT_SET_UP", message);
}
