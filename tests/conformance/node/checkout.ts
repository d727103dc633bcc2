/**
 * Reads checkouts of Node's own tests (folders that hold `test/`), by the conventions of Node's runner
 * (test/testpy, their testcfg.py): which files are tests, their flags, environment and expected output.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { moduleOf } from "./modules.ts";
import { type OutOfScope, scopeOf } from "./scope.ts";

export interface Case {
  /** `set:folder/name`. */
  readonly id: string;
  /** The checkout, by the name of its folder: v20.11.1. */
  readonly set: string;
  /** The checkout's path on the host. */
  readonly root: string;
  /** `folder/name`, without the extension, as Node's status files and our expectations have it. */
  readonly name: string;
  /** Below the checkout. */
  readonly path: string;
  /** The group that it counts in. */
  readonly module: string;
  readonly env: Readonly<Record<string, string>>;
  /** Output as patterns, where Node compares it. */
  readonly expected: string | undefined;
  /** On a terminal, with this typed. */
  readonly terminal: { readonly input: string } | undefined;
  /** Why it does not count, as far as its source tells. */
  readonly outOfScope: OutOfScope | undefined;
}

/** Folders whose tests are files that run by themselves. */
const PLAIN = [
  "parallel",
  "sequential",
  "es-module",
  "async-hooks",
  "module-hooks",
  "test-runner",
  "client-proxy",
  "report",
  "wasi",
];
const WITH_OUTPUT = ["message", "pseudo-tty"];
const TEST_FILE = /^test-.*\.m?js$/;

/** The tests of all checkouts. One that an earlier checkout has with the same text comes once. */
export function loadCheckouts(roots: readonly string[]): Case[] {
  const seen = new Set<string>();
  return roots.flatMap((root) =>
    [...loadCheckout(resolve(root))]
      .filter(([fingerprint]) => !seen.has(fingerprint) && seen.add(fingerprint))
      .map(([, test]) => test),
  );
}

function* loadCheckout(root: string): Generator<[fingerprint: string, Case]> {
  const globals = knownGlobals(root);
  for (const folder of [...PLAIN, ...WITH_OUTPUT]) {
    const directory = join(root, "test", folder);
    if (!existsSync(directory)) continue;
    for (const file of readdirSync(directory).sort()) {
      const compared = WITH_OUTPUT.includes(folder);
      if (!(compared ? /\.m?js$/ : TEST_FILE).test(file)) continue;
      const source = readFileSync(join(directory, file), "utf8");
      const stem = join(directory, file.replace(/\.m?js$/, ""));
      if (compared && !existsSync(`${stem}.out`)) continue;
      const set = basename(root);
      const name = `${folder}/${basename(stem)}`;
      const input = existsSync(`${stem}.in`) ? readFileSync(`${stem}.in`, "utf8") : "";
      const fingerprint = createHash("sha256").update(`${name}\n${source}`).digest("hex");
      yield [
        fingerprint,
        {
          id: `${set}:${name}`,
          set,
          root,
          name,
          path: `test/${folder}/${file}`,
          module: moduleOf(folder, basename(stem)),
          env: { ...globals, ...environmentOf(source) },
          expected: compared ? readFileSync(`${stem}.out`, "utf8") : undefined,
          terminal: folder === "pseudo-tty" ? { input } : undefined,
          outOfScope: scopeOf(name, source),
        },
      ];
    }
  }
}

/**
 * test/common of Node 20 takes every global that came later for a leak of the test's. This is its own way
 * to say that it need not look.
 */
function knownGlobals(root: string): Record<string, string> {
  const common = readFileSync(join(root, "test/common/index.js"), "utf8");
  return common.includes("navigator") ? {} : { NODE_TEST_KNOWN_GLOBALS: "0" };
}

/** `// Env: NAME=value ...` */
function environmentOf(source: string): Record<string, string> {
  const pairs = /\/\/\s+Env:(.*)/.exec(source)?.[1]?.trim().split(/\s+/) ?? [];
  return Object.fromEntries(pairs.map((pair) => pair.split("=") as [string, string]));
}
