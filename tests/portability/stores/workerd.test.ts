/** The suite of all stores in workerd: Durable Objects with SQLite. */
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { casesWithout } from "../../src/stores/conformance.ts";
import { WorkerdServer } from "../../support/workerd-server.ts";
import { bundle } from "../bundle.ts";

const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "storage", disk = (path = ".", writable = true))
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]
);
const worker :Workerd.Worker = (
  modules = [(name = "object.js", esModule = embed "object.js")],
  compatibilityDate = "2026-06-01",
  durableObjectNamespaces = [(className = "StoreObject", uniqueKey = "stores", enableSql = true)],
  durableObjectStorage = (localDisk = "storage"),
  bindings = [(name = "OBJECTS", durableObjectNamespace = "StoreObject")]
);`;

let server: WorkerdServer;

beforeAll(async () => {
  server = await WorkerdServer.start({
    "config.capnp": CONFIG,
    "object.js": await bundle(resolve(import.meta.dirname, "object.ts")),
  });
});

afterAll(() => server?.[Symbol.asyncDispose]());

describe("Durable Object store", () => {
  // The database's size is known, not what of it is chunks.
  test.each(casesWithout(["usage"]))("$name", async ({ name }) => {
    const answer = await fetch(`${server.url}${encodeURIComponent(name)}`);
    expect(await answer.text()).toBe("");
    expect(answer.status).toBe(200);
  });
});
