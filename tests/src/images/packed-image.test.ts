/** Images on disk: what is packed comes back, the same each time, whole or not at all. */
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { KernelError } from "../../../kernel/index.ts";
import { isPackedFrom, packImage, type UnpackedEntry } from "../../../src/images/pack-image.ts";
import { PackedImage } from "../../../src/images/packed-image.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "isopod-image-"));
});
afterEach(() => rm(folder, { recursive: true }));

const common = { uid: 0, gid: 0, mtime: 1000 };

function file(path: string, text: string): UnpackedEntry {
  return { ...common, path, kind: "file", mode: 0o644, bytes: Buffer.from(text) };
}

const ENTRIES: readonly UnpackedEntry[] = [
  { ...common, path: "/", kind: "directory", mode: 0o755 },
  file("/a", "alpha"),
  file("/b", "beta"),
  file("/copy-of-a", "alpha"),
  file("/empty", ""),
  { ...common, path: "/link", kind: "symlink", mode: 0o777, target: "a" },
];

function text(image: PackedImage, path: string, offset = 0, length?: number): string {
  const content = image.entries.find((entry) => entry.path === path)?.content;
  if (!content) throw new Error(`${path} has no content`);
  return Buffer.from(image.read(content, offset, length ?? content.size - offset)).toString();
}

test("contents come back, whole and in part", async () => {
  await packImage(folder, "inputs", ENTRIES);
  const image = PackedImage.open(folder);
  expect(image.entries.map(({ path, kind }) => `${kind} ${path}`)).toEqual(
    ENTRIES.map(({ path, kind }) => `${kind} ${path}`),
  );
  expect(text(image, "/a")).toBe("alpha");
  expect(text(image, "/b", 1, 2)).toBe("et");
  expect(text(image, "/copy-of-a", 2)).toBe("pha");
  expect(text(image, "/empty")).toBe("");
  expect(image.entries.find(({ path }) => path === "/link")?.target).toBe("a");
  image.close();
});

test("equal contents are kept once, under one digest", async () => {
  await packImage(folder, "inputs", ENTRIES);
  const image = PackedImage.open(folder);
  const digest = (path: string) =>
    image.entries.find((entry) => entry.path === path)?.content?.digest;
  expect(digest("/a")).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(digest("/copy-of-a")).toBe(digest("/a"));
  expect(digest("/b")).not.toBe(digest("/a"));
  const [blob] = (await readdir(folder)).filter((name) => name.endsWith(".blob"));
  expect((await readFile(join(folder, blob as string))).toString()).toBe("alphabeta");
  image.close();
});

test("the same entries give the same bytes, and only one blob stays", async () => {
  await packImage(folder, "inputs", ENTRIES);
  const first = await readFile(join(folder, "index.json"), "utf8");
  await packImage(folder, "inputs", ENTRIES);
  expect(await readFile(join(folder, "index.json"), "utf8")).toBe(first);
  await packImage(folder, "others", [...ENTRIES, file("/z", "zeta")]);
  expect((await readdir(folder)).sort()).toEqual([
    expect.stringMatching(/^[0-9a-f]{64}\.blob$/),
    "index.json",
  ]);
});

test("an image knows what it was built from", async () => {
  expect(await isPackedFrom(folder, "inputs")).toBe(false);
  await packImage(folder, "inputs", ENTRIES);
  expect(await isPackedFrom(folder, "inputs")).toBe(true);
  expect(await isPackedFrom(folder, "other inputs")).toBe(false);
  const [blob] = (await readdir(folder)).filter((name) => name.endsWith(".blob"));
  await writeFile(join(folder, blob as string), "cut");
  expect(await isPackedFrom(folder, "inputs")).toBe(false);
  await writeFile(join(folder, "index.json"), "not JSON");
  expect(await isPackedFrom(folder, "inputs")).toBe(false);
});

test("several builds at once end with one whole image", async () => {
  await Promise.all(Array.from({ length: 8 }, () => packImage(folder, "inputs", ENTRIES)));
  const image = PackedImage.open(folder);
  expect(text(image, "/b")).toBe("beta");
  image.close();
  expect((await readdir(folder)).length).toBe(2);
});

test("what a killed build left behind is cleared away, what a running one has is not", async () => {
  await writeFile(join(folder, ".1-old.tmp"), "x");
  await utimes(join(folder, ".1-old.tmp"), 1, 1);
  await writeFile(join(folder, ".2-new.tmp"), "x");
  await packImage(folder, "inputs", ENTRIES);
  const names = await readdir(folder);
  expect(names).not.toContain(".1-old.tmp");
  expect(names).toContain(".2-new.tmp");
});

test("a damaged or closed image is EIO, an unknown format says what to do", async () => {
  await packImage(folder, "inputs", ENTRIES);
  const image = PackedImage.open(folder);
  const content = image.entries.find(({ path }) => path === "/b")?.content;
  if (!content) throw new Error("/b has no content");
  const [blob] = (await readdir(folder)).filter((name) => name.endsWith(".blob"));
  await writeFile(join(folder, blob as string), "alpha");
  expect(() => image.read(content, 0, 4)).toThrow(KernelError as never);
  image.close();
  expect(() => image.read(content, 0, 4)).toThrow(KernelError as never);
  await writeFile(join(folder, "index.json"), JSON.stringify({ format: 99 }));
  expect(() => PackedImage.open(folder)).toThrow(/format 99.*build it again/);
});
