/** The suite of all stores on the KV and R2 bindings of workerd, as far as such services go. */
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Ability, casesWithout } from "../../src/stores/conformance.ts";
import { type CloudflareStorage, serveStorage } from "../../support/cloudflare-storage.ts";
import { WorkerdServer } from "../../support/workerd-server.ts";
import { bundle } from "../bundle.ts";

const config = (storage: string) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "storage", external = (address = "${storage}", http = ()))
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]
);
const worker :Workerd.Worker = (
  modules = [(name = "buckets.js", esModule = embed "buckets.js")],
  compatibilityDate = "2026-06-01",
  bindings = [(name = "KV", kvNamespace = "storage"), (name = "R2", r2Bucket = "storage")]
);`;

let storage: CloudflareStorage;
let server: WorkerdServer;

beforeAll(async () => {
  storage = await serveStorage();
  server = await WorkerdServer.start({
    "config.capnp": config(storage.address),
    "buckets.js": await bundle(resolve(import.meta.dirname, "buckets.ts")),
  });
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await storage?.[Symbol.asyncDispose]();
});

/** No locks and no times in either; in KV whoever writes last wins. */
const LACKING: Record<string, readonly Ability[]> = {
  kv: ["swap", "locks", "sweep"],
  r2: ["locks", "sweep"],
};

describe.each(Object.entries(LACKING))("%s store", (kind, lacking) => {
  test.each(casesWithout(lacking))("$name", async ({ name }) => {
    const answer = await fetch(`${server.url}${kind}/${encodeURIComponent(name)}`);
    expect(await answer.text()).toBe("");
    expect(answer.status).toBe(200);
  });
});
