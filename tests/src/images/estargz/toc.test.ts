/** Tables of contents that others wrote: read where they make sense, refused where they do not. */
import { expect, test } from "vitest";
import { makeFooter, parseFooter } from "../../../../src/images/estargz/footer.ts";
import { parseToc } from "../../../../src/images/estargz/toc.ts";

const DIGEST = `sha256:${"ab".repeat(32)}`;
const OTHER = `sha256:${"cd".repeat(32)}`;
const BLOB = `sha256:${"0".repeat(64)}`;
const END = 1000;

const parse = (entries: unknown, version: unknown = 1) =>
  parseToc("toc", Buffer.from(JSON.stringify({ version, entries })), BLOB, END);
const regular = (fields: object) => ({
  name: "a",
  type: "reg",
  size: 10,
  offset: 100,
  chunkDigest: DIGEST,
  ...fields,
});

test("a file in one chunk ends where the next one begins", () => {
  const [first, second] = parse([regular({}), regular({ name: "b", offset: 300 })]);
  expect(first?.content).toEqual({
    digest: DIGEST,
    size: 10,
    blob: BLOB,
    chunks: [{ digest: DIGEST, start: 0, size: 10, offset: 100, length: 200, skip: 0 }],
  });
  expect(second?.content?.chunks[0]).toMatchObject({ offset: 300, length: END - 300 });
});

test("chunks of a large file, also several in one gzip member", () => {
  const [first] = parse([
    regular({ size: 25, chunkSize: 10 }),
    {
      name: "a",
      type: "chunk",
      offset: 100,
      innerOffset: 10,
      chunkOffset: 10,
      chunkSize: 10,
      chunkDigest: OTHER,
    },
    { name: "a", type: "chunk", offset: 500, chunkOffset: 20, chunkDigest: DIGEST },
  ]);
  expect(
    first?.content?.chunks.map(({ start, size, offset, length, skip }) => [
      start,
      size,
      offset,
      length,
      skip,
    ]),
  ).toEqual([
    [0, 10, 100, 400, 0],
    [10, 10, 100, 400, 10],
    [20, 5, 500, 500, 0],
  ]);
});

test("members that unpack to far more than a chunk are refused before they are read", () => {
  const many = 300 << 20;
  expect(() => parse([regular({ innerOffset: many })])).toThrow("gzip member that is too large");
  const read = (end: number) =>
    parseToc("toc", Buffer.from(JSON.stringify({ version: 1, entries: [regular({})] })), BLOB, end);
  expect(() => read(many)).toThrow("gzip member that is too large");
  expect(read(many - (100 << 20))[0]?.content?.chunks[0]?.length).toBe(many - (100 << 20) - 100);
});

test("other kinds, and what other writers add", () => {
  const entries = parse([
    { name: ".prefetch.landmark", type: "reg", size: 1, offset: 50, chunkDigest: DIGEST },
    { name: "dir/", type: "dir", mode: 0o41755, modtime: "2026-01-02T03:04:05.6Z", uid: 5, gid: 6 },
    { name: "s", type: "symlink", linkName: "../../x" },
    { name: "h", type: "hardlink", linkName: "./h0" },
    { name: "dev/null", type: "char", devMajor: 1 },
    { name: "e", type: "reg" },
  ]);
  expect(entries.map(({ path, kind, target }) => [path, kind, target])).toEqual([
    ["/dir", "directory", undefined],
    ["/s", "symlink", "../../x"],
    ["/h", "hardlink", "/h0"],
    ["/e", "file", undefined],
  ]);
  expect(entries[0]).toMatchObject({ mode: 0o1755, uid: 5, gid: 6, mtime: 1767323045 });
  expect(entries[3]?.content?.chunks).toEqual([]);
});

test.each([
  ["another version", [], 2, /version is 2/],
  ["no list", {}, 1, /entries is no list/],
  ["a name that leads out", [regular({ name: "../a" })], 1, /leads out of the image/],
  [
    "a hard link that leads out",
    [{ name: "h", type: "hardlink", linkName: "../x" }],
    1,
    /leads out/,
  ],
  ["a link without a target", [{ name: "s", type: "symlink" }], 1, /without a target/],
  ["contents outside the layer", [regular({ offset: 1000 })], 1, /outside its layer/],
  ["no offset", [regular({ offset: undefined })], 1, /outside its layer/],
  ["a negative offset", [regular({ offset: -1 })], 1, /offset is -1/],
  ["no digest", [regular({ chunkDigest: undefined })], 1, /without a sha256 chunkDigest/],
  ["a weak digest", [regular({ chunkDigest: "md5:00" })], 1, /without a sha256 chunkDigest/],
  ["a chunk past the end", [regular({ chunkSize: 11 })], 1, /past its end/],
  ["too few chunks", [regular({ chunkSize: 4 })], 1, /chunks for 4 of its 10 bytes/],
  [
    "a gap",
    [
      regular({ chunkSize: 4 }),
      { name: "a", type: "chunk", offset: 200, chunkOffset: 5, chunkDigest: DIGEST },
    ],
    1,
    /gap in its chunks at 4/,
  ],
  ["a huge chunk", [regular({ size: 2 ** 40 })], 1, /a chunk of/],
  ["a size that is none", [regular({ size: 1.5 })], 1, /size is 1.5/],
  ["a device", [{ name: "x", type: "block" }], 1, /is a block device/],
  ["an unknown type", [{ name: "x", type: "door" }], 1, /type "door"/],
  ["a wrong time", [{ name: "x", type: "dir", modtime: "noon" }], 1, /modtime is noon/],
  ["a null entry", [null], 1, /no name/],
])("refused: %s", (_, entries, version, message) => {
  expect(() => parse(entries, version)).toThrow(message);
});

test("footers", () => {
  expect(makeFooter(0x1234).length).toBe(51);
  expect(parseFooter(makeFooter(0x1234))).toBe(0x1234);
  expect(parseFooter(makeFooter(1).subarray(1))).toBeUndefined();
  expect(parseFooter(new Uint8Array(51))).toBeUndefined();
  const broken = makeFooter(5);
  broken[20] = 0x7a;
  expect(parseFooter(broken)).toBeUndefined();
});
