/** What is made once is kept, mended, and done without where nothing can be kept. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { keptOnce, madeOnce } from "../../../../src/platforms/node/made-once.ts";

let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isopod-made-once-"));
  vi.stubEnv("ISOPOD_HOME", home);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

async function make(name: string, text: string): Promise<[text: string, made: boolean]> {
  let made = false;
  const allocate = (size: number) => new ArrayBuffer(size);
  const bytes = await madeOnce("things", name, allocate, async () => {
    made = true;
    return new TextEncoder().encode(text);
  });
  return [new TextDecoder().decode(bytes), made];
}

test("the second time it is there", async () => {
  expect(await make("one", "first")).toEqual(["first", true]);
  expect(await make("one", "second")).toEqual(["first", false]);
});

test("a damaged file is made again", async () => {
  await make("damaged", "sound");
  const file = join(home, "cache", "things", "damaged");
  const bytes = await readFile(file);
  await writeFile(file, bytes.subarray(0, -1));
  expect(await make("damaged", "mended")).toEqual(["mended", true]);
  expect(await make("damaged", "again")).toEqual(["mended", false]);
});

test("two at once", async () => {
  const results = await Promise.all([make("both", "x"), make("both", "x")]);
  expect(results.map(([text]) => text)).toEqual(["x", "x"]);
  expect(
    (await readdir(join(home, "cache", "things"))).filter((f) => f.startsWith("both")),
  ).toEqual(["both"]);
});

test("what was used longest ago goes", async () => {
  for (let i = 0; i < 20; i++) await make(`many${i}`, "x");
  expect((await readdir(join(home, "cache", "things"))).length).toBe(12);
  expect(await make("many19", "y")).toEqual(["x", false]);
});

test("where nothing can be kept it is made each time", async () => {
  vi.stubEnv("ISOPOD_HOME", "/dev/null/nowhere");
  expect(await make("none", "a")).toEqual(["a", true]);
  expect(await make("none", "b")).toEqual(["b", true]);
  vi.stubEnv("ISOPOD_HOME", home);
});

async function part(name: string, text: string): Promise<string> {
  const kept = await keptOnce("things", name, async () => new TextEncoder().encode(text));
  const bytes = new Uint8Array(3);
  kept.read(bytes, 2);
  expect(() => kept.read(new Uint8Array(3), text.length - 1)).toThrow("ends too soon");
  return new TextDecoder().decode(bytes);
}

test("parts of what stays in its file", async () => {
  expect(await part("parts", "0123456")).toBe("234");
  expect(await part("parts", "abcdefg")).toBe("234");
  const file = join(home, "cache", "things", "parts");
  await writeFile(file, (await readFile(file)).subarray(0, -1));
  expect(await part("parts", "abcdefg")).toBe("cde");
});

test("parts of what cannot be kept", async () => {
  vi.stubEnv("ISOPOD_HOME", "/dev/null/nowhere");
  expect(await part("none", "0123456")).toBe("234");
  vi.stubEnv("ISOPOD_HOME", home);
});
