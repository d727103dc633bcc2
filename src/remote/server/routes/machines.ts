/** `/vms` and `/vms/NAME`: make, list, look at, remove. */
import { LIMIT_NAMES } from "../../../options/limits.ts";
import { badRequest, noSuchMachine, RemoteError } from "../../errors.ts";
import { type CreateRequest, isMachineName } from "../../protocol.ts";
import { committed } from "../../travel/refs.ts";
import { jsonBody } from "../body.ts";
import {
  absolutePath,
  boolean,
  type Check,
  integerIn,
  optional,
  record,
  refused,
  strings,
  text,
  textUpTo,
} from "../checks.ts";
import { storedName } from "../operations.ts";
import type { Route } from "../server.ts";

const HOSTNAME_MAX = 64;
const bound = optional(integerIn(1, Number.MAX_SAFE_INTEGER));
const LIMITS = Object.fromEntries(LIMIT_NAMES.map((name) => [name, bound]));

/** A path would be one of the server's host. */
const imageReference: Check<string> = (value) =>
  /^[./]/.test(textUpTo(1024)(value))
    ? refused(value, "the reference of an image in a registry, not a path")
    : (value as string);

const createRequest: Check<CreateRequest & { name: string | undefined }> = record({
  name: optional(text),
  image: optional(imageReference),
  hostname: optional(textUpTo(HOSTNAME_MAX)),
  user: optional(textUpTo(256)),
  env: optional(strings(text)),
  cwd: optional(absolutePath),
  limits: optional(record(LIMITS)),
  from: optional(storedName),
  temporary: optional(boolean),
}) as never;

export async function machines({ request, host }: Route): Promise<Response> {
  if (request.method === "GET") return Response.json({ machines: await host.list() });
  if (request.method !== "POST") throw wrongMethod(request, "GET, POST");
  const body = await jsonBody(request);
  if ("mounts" in body) {
    throw new RemoteError(
      403,
      "ERR_HOST_DIRECTORY_REFUSED",
      "a machine is made without mounts here; mount memory() when it runs",
    );
  }
  const granted = ["permissions", "network", "hostEnv", "tools"].find((name) => name in body);
  if (granted !== undefined) {
    const message = `${granted}: what a machine may reach is for its server to say`;
    throw new RemoteError(403, "ERR_PERMISSION_REFUSED", message);
  }
  const { name: wanted, ...options } = createRequest(body);
  if (wanted !== undefined && !isMachineName(wanted)) {
    throw badRequest('a name has letters, digits, ".", "_" and "-", 128 at most');
  }
  const name = await host.create(wanted, options);
  const headers = { location: `/vms/${name}` };
  return Response.json({ name }, { status: 201, headers });
}

export async function machine({ request, host, name }: Route): Promise<Response> {
  if (request.method === "DELETE") {
    await host.remove(name);
    return new Response(null, { status: 204 });
  }
  if (request.method !== "GET") throw wrongMethod(request, "GET, DELETE");
  const found = (await host.list()).find((other) => other.name === name);
  if (!found) {
    // It may have been moved away.
    if (host.travel) await committed(await host.travel.chunks(name), name);
    throw noSuchMachine(name);
  }
  return Response.json(found);
}

export function wrongMethod(request: Request, allowed: string): RemoteError {
  const message = `${request.method} is not served here; use ${allowed}`;
  return new RemoteError(405, "ERR_METHOD_NOT_ALLOWED", message);
}
