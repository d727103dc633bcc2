import { describe, expect, it } from "vitest";
import { expandGlob, type GlobFiles, type GlobOptions } from "../../../runtimes/shell/glob.ts";

/** A tree of names; a string value is a symbolic link's target, null a file. */
type Tree = { readonly [name: string]: Tree | string | null };

const TREE: Tree = {
  "a.c": null,
  "b.c": null,
  ".dot": null,
  "[x]": null,
  "sp ace": {},
  ".hid": { h: null, x: {} },
  dir: { "a.c": null, ".dd": null, sub: { "d.c": null } },
  link: "dir",
};

const OPTIONS: GlobOptions = {
  extglob: true,
  dotglob: false,
  globstar: false,
  nocaseglob: false,
  globskipdots: true,
  globIgnore: undefined,
};

function filesOf(tree: Tree): GlobFiles {
  const find = (path: string, follow: boolean): Tree | string | null | undefined => {
    let node: Tree | string | null | undefined = tree;
    const names = path.split("/").filter((name) => name !== "");
    for (const [index, name] of names.entries()) {
      if (node === null || node === undefined || typeof node === "string") return undefined;
      node = name === ".." ? tree : name === "." ? node : node[name];
      const isLast = index === names.length - 1;
      if (typeof node === "string" && (follow || !isLast)) node = tree[node];
    }
    return node;
  };
  const isDirectory = (path: string) => {
    const node = find(path, true);
    return typeof node === "object" && node !== null;
  };
  return {
    readDirectory: async (path) => {
      const node = find(path, true);
      if (typeof node !== "object" || node === null) return undefined;
      return Object.entries(node).map(([name, child]) => ({
        name,
        type: typeof child === "string" ? "symlink" : child === null ? "other" : "directory",
      }));
    },
    exists: (path) => find(path, false) !== undefined,
    isDirectory,
  };
}

function expand(pattern: string, options: Partial<GlobOptions> = {}): Promise<string[]> {
  return expandGlob(pattern, filesOf(TREE), { ...OPTIONS, ...options });
}

describe("file name expansion, as bash 5.2 does it", () => {
  const cases: [pattern: string, expected: string, options?: Partial<GlobOptions>][] = [
    ["*", "[x]|a.c|b.c|dir|link|sp ace"],
    [".*", ".dot|.hid"],
    ["*", ".dot|.hid|[x]|a.c|b.c|dir|link|sp ace", { dotglob: true }],
    [".*", ".|..|.dot|.hid", { globskipdots: false }],
    ["nope*", ""],
    ["nope/*", ""],
    ["a.c/*", ""],
    ["a.c*/", ""],
    ["*/", "dir/|link/|sp ace/"],
    ["*/.", "dir/.|link/.|sp ace/."],
    ["d?r/a.c", "dir/a.c"],
    ["d?r/nope", ""],
    ["dir/*", "dir/a.c|dir/sub"],
    ["./*.c", "./a.c|./b.c"],
    [".//*.c", ".//a.c|.//b.c"],
    [".*/*", ".hid/h|.hid/x"],
    ["\\[x\\]*", "[x]"],
    ["[[]*", "[x]"],
    ["[a/b]*", ""],
    ["dir\\/*.c", "dir/a.c"],
    ["[A]*.C", "a.c", { nocaseglob: true }],
    ["@(a|b).c", "a.c|b.c"],
    ["!(*.c)", "[x]|dir|link|sp ace"],
    ["**", "[x]|a.c|b.c|dir|link|sp ace"],
    ["**", "[x]|a.c|b.c|dir|dir/a.c|dir/sub|dir/sub/d.c|link|sp ace", { globstar: true }],
    ["**/*.c", "a.c|b.c|dir/a.c|dir/sub/d.c", { globstar: true }],
    ["dir/**", "dir/|dir/a.c|dir/sub|dir/sub/d.c", { globstar: true }],
    ["d*/**", "dir|dir/a.c|dir/sub|dir/sub/d.c", { globstar: true }],
    ["link/**", "link/|link/a.c|link/sub|link/sub/d.c", { globstar: true }],
    ["**/", "dir/|dir/sub/|link/|sp ace/", { globstar: true }],
    ["**/sub", "dir/sub", { globstar: true }],
    ["dir/**/d.c", "dir/sub/d.c", { globstar: true }],
    ["**/**/*.c", "a.c|b.c|dir/a.c|dir/sub/d.c", { globstar: true }],
    ["**/.", ".|dir/.|dir/sub/.|sp ace/.", { globstar: true }],
    ["**.c", "a.c|b.c", { globstar: true }],
    ["*", ".dot|.hid|[x]|dir|link|sp ace", { globIgnore: "*.c" }],
    ["*/*.c", "dir/a.c|link/a.c", { globIgnore: "*.c" }],
    ["*/*.c", "", { globIgnore: "*/a.c" }],
    ["*", ".hid|[x]|dir|link|sp ace", { globIgnore: "@(a|b).c:.d*" }],
    ["*", "[x]|a.c|b.c|dir|link|sp ace", { globIgnore: "" }],
  ];
  it.each(cases)("%s gives %s %o", async (pattern, expected, options) => {
    expect((await expand(pattern, options)).join("|")).toBe(expected);
  });

  it("sorts by bytes, escaped bytes behind ASCII", async () => {
    const files = filesOf({
      "\ud83d\ude00": null,
      "\uffee": null,
      "\udcff": null,
      z: null,
      é: null,
    });
    const names = await expandGlob("*", files, OPTIONS);
    expect(names).toEqual(["z", "é", "\uffee", "\ud83d\ude00", "\udcff"]);
  });
});
