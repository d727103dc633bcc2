/** Layers as we write them: the same bytes everywhere, and ordinary tar to every other tool. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FOOTER_BYTES, parseFooter } from "../../../src/images/estargz/footer.ts";
import { nodeHasher } from "../../../src/images/node/layout.ts";
import { type NewEntry, writeLayer } from "../../../src/images/write-layer.ts";
import { file, folder, noise, symlink } from "./sample-image.ts";

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), "isopod-layer-"));
});
afterEach(() => rm(scratch, { recursive: true }));

const LONG = `/${"d".repeat(120)}/${"e".repeat(140)}/${"f".repeat(90)}`;
const ENTRIES: readonly NewEntry[] = [
  folder("/"),
  folder("/etc"),
  file("/etc/motd", "hello\n"),
  file("/etc/empty", ""),
  { ...file("/etc/shadow", "x", 0o640), uid: 0, gid: 42 },
  folder("/tmp", 0o1777),
  symlink("/bin", "usr/bin"),
  symlink("/far", `/${"t".repeat(150)}`),
  file("/usr/bin/tool", noise(9_000_000), 0o755),
  { ...file("/usr/bin/same", ""), kind: "hardlink", target: "/usr/bin/tool", mode: 0o755 },
  { ...file("/großartig ☃", "utf-8"), uid: 3_000_000, gid: 5, mtime: 1_700_000_000 },
  file(LONG, "long"),
  { ...file("/usr/bin/gone", ""), kind: "whiteout" },
];

async function write(entries: readonly NewEntry[]) {
  const pieces: Uint8Array[] = [];
  const written = await writeLayer(entries, (piece) => pieces.push(piece), {
    newHasher: nodeHasher,
  });
  return { ...written, blob: Buffer.concat(pieces) };
}

const sha256 = (bytes: Uint8Array) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

test("equal entries give equal bytes, on every platform and with every release", async () => {
  const { blob, descriptor, diffId } = await write(ENTRIES);
  expect((await write(ENTRIES)).blob.equals(blob)).toBe(true);
  expect(descriptor).toMatchObject({ digest: sha256(blob), size: blob.length });
  expect(diffId).toBe(sha256(gunzipSync(blob)));
  // A change here changes the digest of every image: raise BUILDER in base-image.ts with it.
  expect(descriptor.digest).toBe(
    "sha256:58a32a4d04e0b4df02ebd9226a638a7b14d0650de18269b6f38198dd5da47a0a",
  );
});

test("the footer and the annotations lead to the table of contents", async () => {
  const { blob, descriptor } = await write(ENTRIES);
  const offset = parseFooter(blob.subarray(blob.length - FOOTER_BYTES));
  expect(descriptor.annotations?.["dev.isopod.toc.offset"]).toBe(String(offset));
  const tar = gunzipSync(blob.subarray(offset, blob.length - FOOTER_BYTES));
  const size = Number.parseInt(tar.toString("latin1", 124, 135), 8);
  const toc = tar.subarray(512, 512 + size);
  expect(descriptor.annotations?.["containerd.io/snapshot/stargz/toc.digest"]).toBe(sha256(toc));
  const { version, entries } = JSON.parse(toc.toString());
  expect(version).toBe(1);
  const tool = entries.filter(({ name }: { name: string }) => name === "usr/bin/tool");
  expect(tool.map((entry: { chunkOffset?: number }) => entry.chunkOffset)).toEqual([
    0,
    4 << 20,
    8 << 20,
  ]);
  for (const { offset: at, chunkSize, chunkDigest } of tool) {
    expect(sha256(gunzipSync(blob.subarray(at)).subarray(0, chunkSize))).toBe(chunkDigest);
  }
});

test("GNU tar and gzip read it", async () => {
  const { blob } = await write(ENTRIES);
  const path = join(scratch, "layer.tar.gz");
  await writeFile(path, blob);
  execFileSync("gzip", ["-t", path]);
  const listing = execFileSync("tar", ["tzvf", path, "--numeric-owner"], {
    encoding: "utf8",
    env: { ...process.env, TZ: "UTC", LC_ALL: "C.UTF-8" },
  });
  expect(listing).toContain("drwxrwxrwt 0/0               0 1970-01-01 00:16 tmp/\n");
  expect(listing).toContain("-rw-r----- 0/42              1 1970-01-01 00:16 etc/shadow\n");
  expect(listing).toContain("-rw-r--r-- 3000000/5         5 2023-11-14 22:13 großartig ☃\n");
  expect(listing).toContain("usr/bin/same link to usr/bin/tool\n");
  expect(listing).toContain(` far -> /${"t".repeat(150)}\n`);
  expect(listing).toContain(`${LONG.slice(1)}\n`);
  execFileSync("tar", ["xzf", path, "-C", scratch, "--no-same-owner", "usr", "etc/motd"]);
  expect((await readFile(join(scratch, "usr/bin/same"))).equals(noise(9_000_000))).toBe(true);
  expect(await readFile(join(scratch, "usr/bin/.wh.gone"), "utf8")).toBe("");
});
