/** The suite of all stores on IndexedDB, in tabs of Chromium, and what only tabs can show. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { casesWithout } from "../../src/stores/conformance.ts";
import { tabOnly } from "./tabs.ts";

let tab: Awaited<ReturnType<typeof tabOnly>>;

beforeAll(async () => {
  tab = await tabOnly();
});

afterAll(() => tab?.[Symbol.asyncDispose]());

describe("IndexedDB store", () => {
  // Browsers tell what an origin uses, not one database.
  test.each(casesWithout(["usage"]))("$name", async ({ name }) => {
    const wrong = await tab.page.evaluate((name) => window.stores.runStoreCase(name), name);
    expect(wrong).toBeUndefined();
  });
});
