/** What a guest sends before the gateway's handshake is done goes out after it, through it, and ruled by it. */
import { expect, test } from "vitest";
import { encodeUtf8 } from "../../kernel/index.ts";
import { normalizeCredentials } from "../../src/options/credentials.ts";
import { nodeDialer } from "../../src/platforms/node/dial.ts";
import { connect, readAll } from "../src/gateway/machine.ts";
import { outsideServers } from "./https-servers.ts";
import { inspectedKernel } from "./inspected-kernel.ts";

test("a request behind a handshake that has just begun", async () => {
  await using outside = await outsideServers();
  const credentials = normalizeCredentials(
    "test",
    [{ match: "https://api.test/ok/**", headers: { authorization: "Bearer x" } }],
    { credentialSources: new Map() },
  );
  const kernel = inspectedKernel(
    ["GET https://api.test/ok/**"],
    outside.hosts("api.test"),
    credentials,
    nodeDialer({ ca: [outside.ca] }),
  );
  const sys = kernel.init;
  const [address] = await sys.getaddrinfo("api.test", 2);
  const fd = await connect(sys, 443, [...(address ?? [])]);
  const options = JSON.stringify({ servername: "api.test", alpnProtocols: ["h2", "http/1.1"] });
  const session = await sys.tls_connect(fd, options, 0);
  const close = "Host: api.test\r\nConnection: close\r\n\r\n";
  await sys.write(fd, encodeUtf8(`GET /no HTTP/1.1\r\nHost: api.test\r\n\r\n`));
  await sys.write(fd, encodeUtf8(`GET /ok/early HTTP/1.1\r\n${close}`));
  const said = await readAll(sys, fd);
  expect(JSON.parse(await readAll(sys, session))).toMatchObject({
    authorized: true,
    alpnProtocol: "http/1.1",
  });
  expect(said).toMatch(/^HTTP\/1.1 403 [\s\S]*GET \/ok\/early $/);
  expect(outside.seen.map(({ url, headers }) => [url, headers.authorization])).toEqual([
    ["/ok/early", "Bearer x"],
  ]);
  kernel.shutdown();
});
