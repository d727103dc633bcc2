/** What leads out of a machine at the edge: the Worker's fetch, where a rule allows it, and nothing else. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { connect } from "../../src/remote/client/connect.ts";
import { TOKEN } from "./client.ts";
import { EdgeServer } from "./server.ts";

test("requests of curl and Node are the Worker's", async () => {
  const outside = createServer((request, response) => {
    let length = 0;
    request.on("data", (bytes: Buffer) => {
      length += bytes.length;
    });
    request.on("end", () => response.end(`${request.method} ${request.url} ${length}`));
  });
  await new Promise<void>((done) => outside.listen(0, "127.0.0.1", done));
  const { port } = outside.address() as AddressInfo;
  const rules = `http://127.0.0.1:${port} other.test`;
  await using server = await EdgeServer.start({
    vars: { ISOPOD_TOKEN: TOKEN, ISOPOD_NETWORK: rules },
  });
  await using vm = await connect(server.url, { token: TOKEN }).createVm({ name: "out" });
  const run = (line: string) => vm.exec(line, { timeout: 60_000 });
  const origin = `http://127.0.0.1:${port}`;
  expect((await run(`curl -sS ${origin}/curl`)).stdout).toBe("GET /curl 0");
  const post = await run(`head -c 300000 /dev/zero | curl -sS --data-binary @- ${origin}/post`);
  expect(post.stdout).toBe("POST /post 300000");
  // undici's fetch parses with WebAssembly, which QuickJS has not.
  const node = await run(
    `node -e 'require("http").get("${origin}/n", (r) => r.pipe(process.stdout))'`,
  );
  expect(node).toMatchObject({ stdout: "GET /n 0", stderr: "" });
  expect((await run("exec 3<>/dev/tcp/other.test/22")).stderr).toContain("Network is unreachable");
  expect((await run("exec 3<>/dev/tcp/denied.test/80")).stderr).toContain("Permission denied");
  outside.close();
});
