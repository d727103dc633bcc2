/** Servers of a machine in a tab, reached by the page. */
import { expect, test } from "vitest";
import { testBrowser } from "./tab.ts";

const tabs = testBrowser();

test("vm.fetch and vm.connect reach a server of Node's in the machine", async () => {
  await using tab = await tabs.open();
  const said = await tab.page.evaluate(async () => {
    const vm = await isopod.createVm();
    const server = `require("http").createServer((request, response) => {
      response.setHeader("x-cookie", request.headers.cookie ?? "");
      request.pipe(response);
    }).listen(3000)`;
    await vm.spawn(["node", "-e", server]);
    await vm.waitForPort(3000, { timeout: 100_000 });
    const body = new Uint8Array(1 << 20).fill(97);
    const echo = await vm.fetch(3000, "/", { method: "POST", body, headers: { cookie: "a=b" } });
    const length = (await echo.text()).length;
    const times: number[] = [];
    for (let turn = 0; turn < 50; turn++) {
      const started = performance.now();
      await (await vm.fetch(3000, "/")).text();
      times.push(performance.now() - started);
    }
    const connection = await vm.connect(3000);
    const writer = connection.writable.getWriter();
    await writer.write("GET / HTTP/1.0\r\n\r\n");
    await writer.close();
    const raw = await new Response(connection.readable as ReadableStream).text();
    const refused = await vm.fetch(9).catch((error: { code: string }) => error.code);
    const inspect = await isopod
      .createVm({ network: { inspect: true } })
      .catch((error: { code: string }) => error.code);
    await vm.dispose();
    const median = times.sort((a, b) => a - b)[25];
    return { cookie: echo.headers.get("x-cookie"), length, raw, refused, inspect, median };
  });
  expect(said).toMatchObject({
    cookie: "a=b",
    length: 1 << 20,
    raw: expect.stringMatching(/^HTTP\/1.1 200 OK\r\n/),
    refused: "ECONNREFUSED",
    inspect: "ERR_NOT_ON_THIS_HOST",
  });
  expect(tab.complaints).toEqual([]);
});
