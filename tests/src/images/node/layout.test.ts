/** OCI layouts in folders: whole or not at all, whoever writes, whoever is killed. */
import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Errno } from "../../../../kernel/index.ts";
import { blobPath } from "../../../../src/images/node/folder-blobs.ts";
import { Layout, nameOf } from "../../../../src/images/node/layout.ts";
import { withLock } from "../../../../src/images/node/lock.ts";
import { openFolderImage } from "../../../../src/images/node/open-folder.ts";
import { removeImage } from "../../../../src/images/node/store.ts";
import { parseManifest } from "../../../../src/images/oci/manifest.ts";
import { isInstalled } from "../registry/docker-registry.ts";
import { entryLines, file, noise, readAll, sampleImage } from "../sample-image.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "isopod-layout-"));
});
afterEach(() => rm(folder, { recursive: true }));

const blobs = () => readdir(join(folder, "blobs/sha256"));
const names = (layout: Layout) => layout.images().map(nameOf);

test("contents come back, whole and in part, of all layers", async () => {
  await sampleImage(folder, [
    [file("/a", "alpha"), file("/b", "beta")],
    [file("/b", "changed"), file("/big", noise(200_000))],
  ]);
  const image = await openFolderImage(folder);
  expect(entryLines(image)).toEqual(["directory /", "file /a", "file /b", "file /big"]);
  expect((await readAll(image, "/a", 1, 2)).toString()).toBe("lp");
  expect((await readAll(image, "/b")).toString()).toBe("changed");
  expect((await readAll(image, "/big")).equals(noise(200_000))).toBe(true);
  image.close();
});

test("the same entries give the same image", async () => {
  const first = await sampleImage(folder, [[file("/a", "alpha")]]);
  const other = await mkdtemp(join(tmpdir(), "isopod-layout-"));
  expect((await sampleImage(other, [[file("/a", "alpha")]])).image.digest).toBe(first.image.digest);
  await rm(other, { recursive: true });
});

test("names move from image to image, and a name's removal frees what nothing else uses", async () => {
  const { layout, image } = await sampleImage(
    folder,
    [[file("/a", "1")], [file("/s", "same")]],
    "one",
  );
  await layout.tag(image, "two");
  expect(names(layout)).toEqual(["one", "two"]);
  const { image: second } = await sampleImage(
    folder,
    [[file("/a", "2")], [file("/s", "same")]],
    "one",
  );
  expect(layout.images().map(({ digest }) => digest)).toEqual([image.digest, second.digest]);
  const before = (await blobs()).length;
  const [two] = layout.images().filter((entry) => nameOf(entry) === "two");
  await removeImage(layout, two ?? image);
  // Its first layer, config and manifest; the second layer is shared.
  expect((await blobs()).length).toBe(before - 3);
  const left = await openFolderImage(folder, "one");
  expect((await readAll(left, "/s")).toString()).toBe("same");
  left.close();
});

test("writers at the same time lose nothing of each other", async () => {
  await Promise.all(
    Array.from({ length: 8 }, (_, i) => sampleImage(folder, [[file("/a", `${i % 3}`)]], `t${i}`)),
  );
  expect(names(new Layout(folder)).sort()).toEqual(Array.from({ length: 8 }, (_, i) => `t${i}`));
  expect((await blobs()).filter((name) => name.startsWith("."))).toEqual([]);
});

test("what a killed writer left is cleared away, what a running one has is not", async () => {
  const { layout } = await sampleImage(folder, [[file("/a", "1")]]);
  const old = join(folder, "blobs/sha256/.1-old.tmp");
  const fresh = join(folder, "blobs/sha256/.2-new.tmp");
  await writeFile(old, "x");
  await utimes(old, 1, 1);
  await writeFile(fresh, "x");
  await layout.prepare();
  await expect(stat(old)).rejects.toMatchObject({ code: "ENOENT" });
  await expect(stat(fresh)).resolves.toBeDefined();
});

test("a lock whose holder was killed is taken over, one that is held is waited for", async () => {
  const lock = join(folder, "lock");
  const dead = Number(
    execFileSync(process.execPath, ["-e", "console.log(process.pid)"]).toString(),
  );
  await writeFile(lock, String(dead));
  const order: string[] = [];
  await withLock(lock, async () => {
    order.push("first");
    const second = withLock(lock, async () => void order.push("second"));
    await new Promise((resolve) => setTimeout(resolve, 30));
    order.push("first ends");
    return { second };
  }).then(({ second }) => second);
  expect(order).toEqual(["first", "first ends", "second"]);
});

test("damage of a file is EIO on that file alone; elsewhere it is told when the image is opened", async () => {
  const { layout, image } = await sampleImage(folder, [
    [file("/a", noise(120_000)), file("/b", noise(130_000, 5))],
  ]);
  const manifest = parseManifest("m", await layout.readBlob(image.digest));
  const path = blobPath(folder, manifest.layers[0]?.digest ?? "");
  const bytes = await readFile(path);
  bytes.fill(0, 50_000, 50_010);
  await writeFile(path, bytes);
  const opened = await openFolderImage(folder);
  await expect(readAll(opened, "/a")).rejects.toMatchObject({ errno: Errno.EIO });
  expect((await readAll(opened, "/b")).length).toBe(130_000);
  opened.close();
  await writeFile(path, bytes.subarray(0, bytes.length - 100));
  await expect(openFolderImage(folder)).rejects.toThrow(/ends \d+ bytes early/);
  await rm(path);
  await expect(openFolderImage(folder)).rejects.toThrow(/ENOENT/);
});

test("what is no layout, or holds no such image, is told", async () => {
  await expect(openFolderImage(folder)).rejects.toThrow(/no OCI image layout/);
  await sampleImage(folder, [[file("/a", "1")]], "one");
  await sampleImage(folder, [[file("/a", "2")]], "two");
  await expect(openFolderImage(folder)).rejects.toThrow(/say which; it holds one, two/);
  await expect(openFolderImage(folder, "three")).rejects.toThrow(
    /no image three; it holds one, two/,
  );
  await writeFile(join(folder, "index.json"), "{}");
  await expect(openFolderImage(folder)).rejects.toThrow(/schemaVersion is undefined, expected 2/);
  await writeFile(join(folder, "index.json"), "{");
  await expect(openFolderImage(folder)).rejects.toThrow(/no JSON/);
});

test("a closed image is EIO", async () => {
  await sampleImage(folder, [[file("/a", noise(150_000, 77))]]);
  const image = await openFolderImage(folder);
  image.close();
  await expect(readAll(image, "/a")).rejects.toMatchObject({ errno: Errno.EIO });
});

test.skipIf(!isInstalled("umoci"))("umoci unpacks it", async () => {
  await sampleImage(
    folder,
    [
      [file("/etc/motd", "one\n"), file("/gone", "x")],
      [file("/etc/motd", "two\n"), { ...file("/gone", ""), kind: "whiteout" }],
    ],
    "x",
  );
  const target = join(folder, "unpacked");
  execFileSync("umoci", ["unpack", "--rootless", "--image", `${folder}:x`, target], {
    stdio: "pipe",
  });
  expect(await readFile(join(target, "rootfs/etc/motd"), "utf8")).toBe("two\n");
  expect(await readdir(join(target, "rootfs"))).not.toContain("gone");
});
