/** The Worker with one route more: /evict makes the machine's object forget its memory, as an eviction does. */
import { type EdgeEnv, handle, IsopodMachine as Machine } from "isopod/edge";

export class IsopodMachine extends Machine {
  override fetch(request: Request): Promise<Response> {
    if (new URL(request.url).pathname.endsWith("/evict")) this.ctx.abort("evicted");
    return super.fetch(request);
  }
}

export default {
  fetch: (request: Request, env: EdgeEnv) => handle(request, env),
};
