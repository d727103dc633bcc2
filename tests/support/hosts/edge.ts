/** Machines in Durable Objects of a workerd of their own, reached as any client reaches them. */
import { connect } from "../../../src/remote/client/connect.ts";
import { TOKEN } from "../../edge/client.ts";
import { EdgeServer } from "../../edge/server.ts";
import type { TestHost } from "./host.ts";

export async function openEdge(entry?: string): Promise<TestHost> {
  const vars = { ISOPOD_TOKEN: TOKEN };
  const server = await EdgeServer.start({ vars, ...(entry !== undefined && { entry }) });
  const remote = connect(server.url, { token: TOKEN });
  return {
    createVm: ({ kernel: _, mounts: __, ...options } = {}) => remote.createVm(options),
    get faults() {
      return server.complaints === "" ? [] : [server.complaints];
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
