/** The Worker as it is deployed: every machine is a Durable Object behind the HTTP and WebSocket API. */
import { type EdgeEnv, handle, IsopodMachine } from "isopod/edge";

export { IsopodMachine };

export default {
  fetch: (request: Request, env: EdgeEnv) => handle(request, env),
};
