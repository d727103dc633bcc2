/** What the pages name is there: files and folders, npm's scripts, the pages that they link. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const FOLDERS = [
  "bin",
  "docs",
  "kernel",
  "runtimes",
  "scripts",
  "src",
  "tests",
  "web-demo",
  "worker",
];
const FILES = globSync(`{${FOLDERS.join(",")}}/**`, { cwd: ROOT });
const NAMES = new Set(FILES.map((path) => basename(path)));
const PAGES = [
  "README.md",
  "ARCHITECTURE.md",
  "THREAT_MODEL.md",
  ...globSync("docs/*.md", { cwd: ROOT }),
];
const { scripts } = JSON.parse(readFileSync(resolve(ROOT, "package.json"), "utf8"));

const IN_FOLDER = new RegExp(`^(?:${FOLDERS.join("|")})/[\\w./-]+$`);
/** A part of a path, as of one that was named before: `node-guest/guest.ts`. */
const SOURCE = /^(?:[\w-]+\/)*[\w-]+\.tsx?$/;

/** What `text` names and is not there. */
function missing(text: string, page: string): string[] {
  const words = [...text.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] as string);
  const paths = words.filter((word) => IN_FOLDER.test(word) && !existsSync(resolve(ROOT, word)));
  const parts = words.filter((word) => !IN_FOLDER.test(word) && SOURCE.test(word));
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(
    (match) => match[1] as string,
  );
  const commands = [...text.matchAll(/\bnpm run (?:-s )?([a-z][a-z:]*)/g)].map(
    (match) => match[1] as string,
  );
  return [
    ...paths,
    ...parts.filter((part) =>
      part.includes("/") ? !FILES.some((path) => path.endsWith(`/${part}`)) : !NAMES.has(part),
    ),
    ...links.filter((link) => !existsSync(resolve(ROOT, dirname(page), link))),
    ...commands.filter((name) => scripts[name] === undefined),
  ];
}

test.each(PAGES)("%s", (page) => {
  expect(missing(readFileSync(resolve(ROOT, page), "utf8"), page)).toEqual([]);
});

test("what is not there is found", () => {
  const text = "`kernel/nowhere.ts` `kernel/host.ts` `nobody.ts` [page](none.md) `npm run nothing`";
  const found = ["kernel/nowhere.ts", "nobody.ts", "none.md", "nothing"];
  expect(missing(text, "docs/api.md")).toEqual(found);
});
