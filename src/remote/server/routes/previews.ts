/** `/vms/NAME/previews`: links to what the machine serves on its ports. */
import { RemoteError } from "../../errors.ts";
import { jsonBody } from "../body.ts";
import { boolean, type Check, integerIn, optional, record } from "../checks.ts";
import type { Route } from "../server.ts";
import { wrongMethod } from "./machines.ts";

const DAY = 86_400;

const previewBody: Check<{ port: number; public: boolean | undefined; seconds?: number }> = record({
  port: integerIn(1, 65_535),
  public: optional(boolean),
  seconds: optional(integerIn(1, 365 * DAY)),
}) as Check<{ port: number; public: boolean | undefined; seconds?: number }>;

/** POST makes a link; DELETE makes a public preview private again. */
export async function previews({ request, url, host, name, previews }: Route): Promise<Response> {
  if (!previews) {
    const message = "this server has no preview addresses; isopod serve has";
    throw new RemoteError(501, "ERR_NOT_ON_THIS_HOST", message);
  }
  // Whether it is there at all.
  (await host.attach(name)).release();
  const body = previewBody(await jsonBody(request));
  if (request.method === "DELETE") {
    await previews.close(name, body.port);
    return new Response(null, { status: 204 });
  }
  if (request.method !== "POST") throw wrongMethod(request, "POST, DELETE");
  const wanted = { isPublic: body.public === true, seconds: body.seconds ?? DAY };
  return Response.json(await previews.link(name, body.port, wanted, url), { status: 201 });
}
