/** Who one is, is told to the registry alone: not to where it leads, whatever is asked there. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { authorizedFetch } from "../../../../src/images/registry/auth.ts";

const BASIC = `Basic ${btoa("me:secret")}`;
const open: Server[] = [];

afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const heard: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    heard.push(request.headers.authorization);
    answer(request, response);
  });
  open.push(server.listen(0, "127.0.0.1"));
  await once(server, "listening");
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard };
}

/** Asks everybody for a password; `/moved` leads to `elsewhere`. */
async function registryBefore(elsewhere: string) {
  const registry = await serve(({ url, headers }, response) => {
    if (url === "/moved") response.writeHead(307, { location: `${elsewhere}/blob` });
    else if (headers.authorization === BASIC) response.writeHead(200);
    else response.writeHead(401, { "www-authenticate": 'Basic realm="registry"' });
    response.end();
  });
  const findCredentials = async () => ({ user: "me", password: "secret" });
  const fetchIt = authorizedFetch(fetch, registry.origin, "repository:a:pull", findCredentials);
  return { registry, status: async (url: string) => (await fetchIt(url, {})).status };
}

const thief = async () => {
  const server = await serve((_request, response) => {
    const realm = `${server.origin}/token`;
    response.writeHead(401, { "www-authenticate": `Bearer realm="${realm}"` }).end();
  });
  return server;
};

test("the registry itself is told", async () => {
  const { registry, status } = await registryBefore("http://127.0.0.1:1");
  expect(await status(`${registry.origin}/v2/`)).toBe(200);
  expect(registry.heard).toEqual([undefined, BASIC]);
});

test("a server that it redirects to is not, though that one asks", async () => {
  const other = await thief();
  const { registry, status } = await registryBefore(other.origin);
  expect(await status(`${registry.origin}/moved`)).toBe(401);
  expect(await status(`${registry.origin}/v2/`)).toBe(200);
  expect(await status(`${registry.origin}/moved`)).toBe(401);
  expect(other.heard).toEqual([undefined, undefined]);
});

test("nor is one that it names as the place of an upload", async () => {
  const other = await thief();
  const { registry, status } = await registryBefore(other.origin);
  expect(await status(`${registry.origin}/v2/`)).toBe(200);
  expect(await status(`${other.origin}/upload`)).toBe(401);
  expect(other.heard).toEqual([undefined]);
});

test("an identity token does not follow its service's redirects", async () => {
  const other = await thief();
  const service = await serve((_request, response) => {
    response.writeHead(307, { location: `${other.origin}/token` }).end();
  });
  const registry = await serve((_request, response) => {
    const demand = `Bearer realm="${service.origin}/token"`;
    response.writeHead(401, { "www-authenticate": demand }).end();
  });
  const ask = authorizedFetch(fetch, registry.origin, "repository:a:pull", async () => ({
    identityToken: "secret",
  }));
  await expect(ask(`${registry.origin}/v2/`, {})).rejects.toThrow("answered 307");
  expect(service.heard).toHaveLength(1);
  expect(other.heard).toEqual([]);
});
