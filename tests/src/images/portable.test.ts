/** What reads and writes images in a tab and at the edge reaches for no module of a host. */
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { bundle } from "../../portability/bundle.ts";

const at = (name: string) => resolve(import.meta.dirname, "../../../src/images", name);

test.each(["open-http.ts", "open-bucket.ts", "web-cache.ts", "write-layer.ts", "merge-layers.ts"])(
  "%s is whole without one",
  async (name) => {
    expect((await bundle(at(name))).length).toBeGreaterThan(100);
  },
);

test("the check sees one", async () => {
  await expect(bundle(at("node/layout.ts"))).rejects.toThrow(/imports node:\w+, a module of Node/);
});
