/**
 * The small tree in which every line of the differential test runs, on the host and in the VM alike.
 * Names, sizes, modes, link targets and times are fixed, so that listings of it can be compared.
 */

export interface Entry {
  /** Path relative to the directory that the line starts in. */
  readonly path: string;
  readonly content?: string | Uint8Array;
  /** Set for a symbolic link instead of content. */
  readonly target?: string;
  readonly mode?: number;
}

/** Where the tree stands, on both sides. */
export const DIRECTORY = "/home/user/work";

/** Access and modification time of every file and link. */
export const TIME = new Date("2024-05-06T07:08:09Z");

/** The whole environment of a line. Fixed dates make git's object names the same everywhere. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  HOME: "/home/user",
  USER: "user",
  LOGNAME: "user",
  SHELL: "/bin/bash",
  LANG: "C.UTF-8",
  LC_ALL: "C.UTF-8",
  TZ: "UTC",
  TERM: "dumb",
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@example.org",
  GIT_AUTHOR_DATE: "2024-05-06T07:08:09+0000",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@example.org",
  GIT_COMMITTER_DATE: "2024-05-06T07:08:09+0000",
  GIT_DISCOVERY_ACROSS_FILESYSTEM: "1",
};

const lines = (...text: string[]): string => `${text.join("\n")}\n`;

const ACCESS_LOG = Array.from({ length: 60 }, (_, index) => {
  const status = [200, 200, 404, 500, 301, 200][index % 6];
  const path = ["/", "/index.html", "/missing", "/api/items", "/old"][index % 5];
  const method = index % 7 === 0 ? "POST" : "GET";
  return `10.0.${index % 3}.${index % 11} ${method} ${path} ${status} ${(index * 37) % 1000}`;
}).join("\n");

export const FIXTURE: readonly Entry[] = [
  {
    path: "README.md",
    content: lines(
      "# Fixture",
      "",
      "A small tree. It has words, numbers and links.",
      "TODO: write more of it",
      "",
      "## Use",
      "",
      "Read it, sort it, cut it; then compare what two machines say about the very same bytes, " +
        "line by line, and be glad when there is nothing to say.",
      "TODO: say why",
    ),
  },
  {
    path: "data/people.csv",
    content: lines(
      "name,age,city",
      "alice,30,Paris",
      "bob,25,Berlin",
      "carol,35,Paris",
      "dave,25,Oslo",
      "erin,41,Berlin",
      "frank,9,Paris",
    ),
  },
  { path: "data/numbers.txt", content: lines(..."10 9 2 33 1 2 9 100 -4 7.5 7.25".split(" ")) },
  {
    path: "data/words.txt",
    content: lines(..."pear apple fig apple Banana cherry fig apple date Cherry banana".split(" ")),
  },
  { path: "data/sizes.txt", content: lines("2K a", "1M b", "512 c", "1G d", "3K e") },
  { path: "data/left.txt", content: lines("1 one", "2 two", "3 three", "5 five", "8 eight") },
  { path: "data/right.txt", content: lines("1 uno", "3 tres", "4 cuatro", "5 cinco") },
  {
    path: "data/a.txt",
    content: lines("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"),
  },
  {
    path: "data/b.txt",
    content: lines("alpha", "beta", "GAMMA", "delta", "zeta", "eta", "iota", "theta"),
  },
  { path: "data/tabs.tsv", content: lines("k\tv\tw", "a\t1\tx y", "b\t22\tz", "ccc\t333\tlong") },
  {
    path: "data/prose.txt",
    content: lines(
      "The quick brown fox jumps over the lazy dog while seventeen other animals",
      "look on.",
      "  Indented text keeps its indent, does it not?",
      "",
      "",
      "A second paragraph is short.",
    ),
  },
  {
    path: "data/unicode.txt",
    content: lines("naïve café", "日本語 テキスト", "Ωmega ß ÿ", "👍 ok"),
  },
  {
    path: "data/latin1.bin",
    content: Uint8Array.of(0x63, 0x61, 0x66, 0xe9, 0x0a, 0x00, 0xff, 0x0a),
  },
  { path: "data/crlf.txt", content: "one\r\ntwo\r\nthree\r\n" },
  { path: "data/no-newline.txt", content: "first\nlast" },
  { path: "data/empty", content: "" },
  { path: "data/access.log", content: `${ACCESS_LOG}\n` },
  {
    path: "data/orders.json",
    content: lines(
      "{",
      '  "shop": "Corner & Co",',
      '  "orders": [',
      '    {"id": 1, "item": "pen", "qty": 12, "price": 1.5, "tags": ["blue", "office"]},',
      '    {"id": 2, "item": "ink", "qty": 1, "price": 20, "tags": []},',
      '    {"id": 3, "item": "paper", "qty": 5, "price": 4.25, "tags": ["office"]},',
      '    {"id": 4, "item": "café", "qty": 0, "price": null, "tags": null}',
      "  ]",
      "}",
    ),
  },
  { path: "data/stream.ndjson", content: lines('{"n":1}', '{"n":2,"s":"x"}', "[3]", '"four"') },
  {
    path: "data/config.yaml",
    content: lines(
      "name: demo",
      "ports: [80, 443]",
      "env:",
      "  DEBUG: true",
      '  LEVEL: "3"',
      "jobs:",
      "  - name: build",
      "    steps: 2",
      "  - name: test",
      "    steps: 5",
    ),
  },
  {
    path: "data/schema.sql",
    content: lines(
      "create table city(name text primary key, country text);",
      "create table person(name text, age integer, city text references city(name));",
      "insert into city values ('Paris','FR'),('Berlin','DE'),('Oslo','NO');",
      "insert into person values ('alice',30,'Paris'),('bob',25,'Berlin'),('carol',35,'Paris'),",
      "  ('dave',25,'Oslo'),('erin',41,'Berlin'),('frank',null,null);",
    ),
  },
  {
    path: "src/main.c",
    content: lines(
      '#include "util.h"',
      "#include <stdio.h>",
      "",
      "/* TODO: read the arguments */",
      "int main(void) {",
      "\tint total = 0;",
      "\tfor (int i = 0; i < 10; i++) {",
      "\t\ttotal = add(total, i);",
      "\t}",
      '\tprintf("%d\\n", total);',
      "\treturn 0;",
      "}",
    ),
  },
  {
    path: "src/util.c",
    content: lines('#include "util.h"', "", "int add(int a, int b) { return a + b; }"),
  },
  { path: "src/util.h", content: lines("#pragma once", "int add(int a, int b);") },
  { path: "src/lib/deep/er/leaf.js", content: lines("export const leaf = 1; // TODO: grow") },
  {
    path: "src/lib/index.js",
    content: lines('import { leaf } from "./deep/er/leaf.js";', "console.log(leaf);"),
  },
  {
    path: "bin/hello.sh",
    content: lines("#!/bin/sh", 'echo "hello ${1:-world}"', "exit 3"),
    mode: 0o755,
  },
  { path: "bin/args", content: lines("#!/bin/bash -u", 'printf "<%s>" "$@"', "echo"), mode: 0o755 },
  { path: "bin/not-executable", content: lines("#!/bin/sh", "echo never"), mode: 0o644 },
  { path: "bin/bad-interpreter", content: lines("#!/no/such/interpreter", "x"), mode: 0o755 },
  { path: ".hidden", content: lines("hidden") },
  {
    path: ".config/settings.ini",
    content: lines("[main]", "key = value", "; note", "[other]", "key = 2"),
  },
  { path: "name with spaces.txt", content: lines("spaced") },
  { path: "private/key", content: lines("secret"), mode: 0o600 },
  { path: "read-only.txt", content: lines("fixed"), mode: 0o444 },
  { path: "link-to-readme", target: "README.md" },
  { path: "dir-link", target: "src/lib" },
  { path: "broken-link", target: "no/where" },
];

/** The directories that the files stand in, parents first. */
export function directories(): string[] {
  const found = new Set<string>();
  for (const { path } of FIXTURE) {
    const parts = path.split("/").slice(0, -1);
    for (let depth = 1; depth <= parts.length; depth += 1)
      found.add(parts.slice(0, depth).join("/"));
  }
  return [...found].sort();
}
