/** What leads out of a machine in a tab: the page's fetch, where a rule allows it, and nothing else. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { testBrowser } from "./tab.ts";

const tabs = testBrowser();

test("requests of curl and Node are the page's, with its bounds told in words", async () => {
  const heard: string[] = [];
  const outside = createServer((request, response) => {
    heard.push(`${request.method} ${request.url} ${request.headers["x-mine"] ?? ""}`.trimEnd());
    if (request.url !== "/closed") response.setHeader("access-control-allow-origin", "*");
    response.setHeader("access-control-allow-headers", "*");
    if (request.method === "OPTIONS") return void response.end();
    request.on("data", () => {}).on("end", () => response.end("the outside says hello"));
  });
  await new Promise<void>((done) => outside.listen(0, "127.0.0.1", done));
  const { port } = outside.address() as AddressInfo;
  await using tab = await tabs.open();
  const lines = [
    "curl -sS http://web.test/",
    "curl -sS --data-binary @/etc/passwd http://web.test/post",
    "curl -sS http://web.test/closed",
    `node -e 'fetch("http://web.test/node", { headers: { "x-mine": "1" } }).then((r) => r.text()).then(console.log)'`,
    "curl -sS http://other.test/",
    "exec 3<>/dev/tcp/web.test/22",
    "curl -sS http://127.0.0.1/",
  ];
  const results = await tab.page.evaluate(
    async ([target, all]) => {
      const vm = await isopod.createVm({
        permissions: { network: ["web.test"] },
        network: { hosts: { "web.test:80": target } },
      });
      const results: { stdout: string; stderr: string }[] = [];
      for (const line of all) {
        const { stdout, stderr } = await vm.exec(line, { timeout: 60_000 });
        results.push({ stdout, stderr });
      }
      await vm.dispose();
      return results;
    },
    [`127.0.0.1:${port}`, lines] as const,
  );
  outside.close();
  const [get, post, closed, node, other, raw, itself] = results;
  expect(get?.stdout).toBe("the outside says hello");
  expect(post?.stdout).toBe("the outside says hello");
  expect(closed?.stdout).toContain("CORS");
  expect(node?.stdout).toBe("the outside says hello\n");
  expect(other?.stderr).toContain("Could not resolve host");
  expect(raw?.stderr).toContain("Network is unreachable");
  expect(itself?.stderr).toContain("Could not connect");
  expect(heard).toEqual(
    expect.arrayContaining(["GET /", "POST /post", "GET /closed", "GET /node 1"]),
  );
});
