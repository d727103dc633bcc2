/** A server in a machine at the edge, reached by a client of the Worker. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "../../src/remote/client/connect.ts";
import { TOKEN } from "./client.ts";
import { EdgeServer } from "./server.ts";

let server: EdgeServer;

beforeAll(async () => {
  server = await EdgeServer.start({ vars: { ISOPOD_TOKEN: TOKEN } });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

test("vm.fetch and vm.connect work as elsewhere; previews are other servers' affair", async () => {
  await using vm = await connect(server.url, { token: TOKEN }).createVm({ name: "web" });
  const script = `require("http").createServer((request, response) => {
    response.setHeader("x-path", request.url);
    request.pipe(response);
  }).listen(3000)`;
  await vm.spawn(["node", "-e", script]);
  await vm.waitForPort(3000, { timeout: 60_000 });
  const echo = await vm.fetch(3000, "/a?b", { method: "POST", body: "x".repeat(300_000) });
  expect([echo.headers.get("x-path"), (await echo.text()).length]).toEqual(["/a?b", 300_000]);
  await using connection = await vm.connect(3000);
  const writer = connection.writable.getWriter();
  await writer.write("GET / HTTP/1.0\r\n\r\n");
  await writer.close();
  expect(await new Response(connection.readable as never).text()).toMatch(/^HTTP\/1.1 200 OK/);
  await expect(vm.fetch(9)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  await expect(vm.preview(3000)).rejects.toMatchObject({ code: "ERR_NOT_ON_THIS_HOST" });
});
