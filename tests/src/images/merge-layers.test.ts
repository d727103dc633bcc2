/** Layers on each other: replacement, whiteouts, links, and trees that are none. */
import { expect, test } from "vitest";
import { entryPath } from "../../../src/images/entry-path.ts";
import type { LayerEntry } from "../../../src/images/layer.ts";
import { mergeLayers } from "../../../src/images/merge-layers.ts";

const common = { mode: 0o644, uid: 0, gid: 0, mtime: 0 };
const content = (digest: string) => ({ digest, size: 1, blob: "b", chunks: [] });
const file = (path: string, digest = path): LayerEntry => ({
  ...common,
  path,
  kind: "file",
  content: content(digest),
});
const dir = (path: string, mode = 0o755): LayerEntry => ({
  ...common,
  path,
  kind: "directory",
  mode,
});
const link = (path: string, target: string): LayerEntry => ({
  ...common,
  path,
  kind: "symlink",
  target,
});
const hard = (path: string, target: string): LayerEntry => ({
  ...common,
  path,
  kind: "hardlink",
  target,
});

const merge = (...layers: LayerEntry[][]) =>
  mergeLayers(layers.map((entries, i) => ({ where: `layer ${i}`, entries })));
const show = (...layers: LayerEntry[][]) =>
  merge(...layers).map(
    ({ kind, path, content }) => `${kind} ${path}${content ? ` ${content.digest}` : ""}`,
  );

test("a later layer's names replace an earlier one's", () => {
  expect(show([file("/a", "1"), file("/b", "1")], [file("/a", "2")])).toEqual([
    "directory /",
    "file /a 2",
    "file /b 1",
  ]);
  expect(show([file("/a/b/c")], [file("/a")])).toEqual(["directory /", "file /a /a"]);
  expect(show([file("/a")], [dir("/a"), file("/a/b")])).toEqual([
    "directory /",
    "directory /a",
    "file /a/b /a/b",
  ]);
});

test("a directory that comes again changes what it is, and keeps what it holds", () => {
  const [, a, b] = merge([dir("/a"), file("/a/b")], [dir("/a", 0o700)]);
  expect(a).toMatchObject({ path: "/a", mode: 0o700 });
  expect(b).toMatchObject({ path: "/a/b" });
});

test("whiteouts remove names of earlier layers, and none of their own", () => {
  expect(show([file("/a/x"), file("/a/y/z")], [file("/a/.wh.y"), file("/a/.wh.none")])).toEqual([
    "directory /",
    "directory /a",
    "file /a/x /a/x",
  ]);
  expect(show([file("/a/x"), file("/a/y")], [file("/a/new"), file("/a/.wh..wh..opq")])).toEqual([
    "directory /",
    "directory /a",
    "file /a/new /a/new",
  ]);
  expect(show([file("/a", "1")], [file("/.wh.a"), file("/a", "2")])).toEqual([
    "directory /",
    "file /a 2",
  ]);
});

test("parents that were left out are there; parents come first", () => {
  const paths = merge([file("/x/y/z"), file("/x-y")]).map(({ path }) => path);
  for (const [i, path] of paths.entries()) {
    const parent = path.slice(0, path.lastIndexOf("/")) || "/";
    expect(paths.indexOf(parent)).toBeLessThanOrEqual(i);
  }
});

test("hard links share contents, also of earlier layers", () => {
  expect(show([file("/a", "1")], [hard("/b", "/a"), hard("/c", "/b")])).toContain("file /c 1");
});

test.each([
  [
    [link("/a", "/etc"), file("/a/passwd")],
    /layer 0: \/a\/passwd lies beneath \/a, which is a symlink/,
  ],
  [[file("/a"), file("/a/b")], /\/a\/b lies beneath \/a, which is a file/],
  [[hard("/a", "/none")], /\/a is a hard link to \/none, which is no file/],
  [[dir("/d"), hard("/a", "/d")], /which is no file/],
  [[hard("/a", "/a")], /which is no file/],
  [[file("/")], /\/ is no directory/],
])("refused: %#", (entries, message) => {
  expect(() => merge(entries)).toThrow(message);
});

test("a link of an earlier layer is no way out of the tree either", () => {
  expect(() => merge([link("/a", "../../etc")], [file("/a/x")])).toThrow(/lies beneath/);
});

test.each([
  ["a", "/a"],
  ["./a//b/", "/a/b"],
  ["/a/./b", "/a/b"],
  [".", "/"],
  ["", "/"],
])("the name %j is %s", (name, path) => {
  expect(entryPath("toc", name)).toBe(path);
});

test.each([
  ["../a", /leads out of the image/],
  ["a/../../b", /leads out of the image/],
  ["a/..", /leads out of the image/],
  ["a\0b", /holds a NUL/],
  ["x".repeat(256), /too long/],
  ["x/".repeat(3000), /too long/],
  [5, /no name/],
])("the name %j is refused", (name, message) => {
  expect(() => entryPath("toc", name)).toThrow(message);
});

test("an image that hides and replaces directories by the thousand costs no more than it holds", () => {
  const names = Array.from({ length: 40_000 }, (_, i) => `/d${i}`);
  const below = names.map((name) => dir(name));
  const hiding = names.slice(1).map((name) => file(`/.wh.${name.slice(1)}`));
  expect(show(below, hiding)).toEqual(["directory /", "directory /d0"]);
  const replaced = merge(
    below,
    names.map((name) => file(name)),
  );
  expect(replaced.filter(({ kind }) => kind === "file")).toHaveLength(names.length);
});

test("names that bring thousands of directories with them are refused, where they are many", () => {
  const deep = "/a".repeat(2000);
  expect(merge([file(`/0${deep}`)])).toHaveLength(2002);
  const many = Array.from({ length: 140 }, (_, i) => file(`/${i}${deep}`));
  expect(() => merge(many)).toThrow("leaves out more than 262144 directories");
});
