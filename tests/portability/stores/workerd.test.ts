/** The suite of all stores in workerd: Durable Objects with SQLite. */
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { casesWithout } from "../../src/stores/conformance.ts";
import { startObject } from "../../support/workerd-object.ts";
import type { WorkerdServer } from "../../support/workerd-server.ts";
import { bundle } from "../bundle.ts";

let server: WorkerdServer;

beforeAll(async () => {
  server = await startObject(
    await bundle(resolve(import.meta.dirname, "object.ts")),
    "StoreObject",
  );
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
