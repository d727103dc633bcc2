/**
 * Imports point one way: src, worker, web-demo -> runtimes -> kernel. The TypeScript projects hold
 * most of it; this walk over every import holds the rest and says who broke it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "..");

/** What runtimes may see of the kernel: its two entry points, and files of plain numbers and text. */
const SHOWN = [
  "kernel/index.ts",
  "kernel/abi.ts",
  "kernel/bytes.ts",
  "kernel/errno.ts",
  "kernel/limits.ts",
  "kernel/process/status.ts",
  "kernel/tty/termios.ts",
];

/** What the files of a layer may import: folders and files of this repository, and packages. */
const LAYERS: Record<string, { within: string[]; packages: RegExp }> = {
  kernel: { within: ["kernel"], packages: /^$/ },
  "runtimes/programs": { within: ["runtimes/programs", ...SHOWN], packages: /^$/ },
  "runtimes/shell": { within: ["runtimes/shell", ...SHOWN], packages: /^unbash$/ },
  "runtimes/wasi": {
    within: ["runtimes/wasi", ...SHOWN],
    packages: /^@bjorn3\/browser_wasi_shim$/,
  },
  "runtimes/node": {
    within: ["runtimes/node", "runtimes/wasi", ...SHOWN],
    packages:
      /^(@noble\/.+|@exodus\/bytes\/.+|des\.js|es-module-lexer\/minimal(\/js)?|get-east-asian-width|pako|tr46)$/,
  },
  "runtimes/engines": {
    within: ["runtimes/engines", "runtimes/node", "runtimes/wasi", ...SHOWN],
    packages: /^(node:.+|isolated-vm|cloudflare:workers)$/,
  },
  src: { within: ["src", "runtimes", "kernel"], packages: /./ },
};

const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*)"([^"\n]+)"/g;

interface Import {
  file: string;
  specifier: string;
}

function importsUnder(folder: string): Import[] {
  const found: Import[] = [];
  for (const name of listFiles(join(ROOT, folder))) {
    const text = readFileSync(name, "utf8").replace(/^\s*(\/\/|\*|\/\*).*$/gm, "");
    for (const [, specifier] of text.matchAll(IMPORT)) {
      found.push({ file: relative(ROOT, name), specifier: specifier as string });
    }
  }
  return found;
}

function listFiles(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  } catch {
    return [];
  }
  return names.filter((name) => name.endsWith(".ts")).map((name) => join(folder, name));
}

function allowed(layer: string, { file, specifier }: Import): boolean {
  const { within, packages } = LAYERS[layer] as (typeof LAYERS)[string];
  if (!specifier.startsWith(".")) return packages.test(specifier);
  const target = relative(ROOT, resolve(ROOT, dirname(file), specifier));
  return within.some((place) => target === place || target.startsWith(`${place}/`));
}

/** Imports that are left when types are gone, and do not wait until they are asked for. */
const LOADED = /^(?:import|export)\s(?!type\b)(?:[^";]*?\bfrom\s*)?"(\.[^"\n]+)"/gm;

/** Files that are loaded with `entry`, each with the one that brought it. */
function loadedWith(entry: string): Map<string, string> {
  const loaded = new Map([[entry, ""]]);
  for (const file of loaded.keys()) {
    for (const [, specifier] of readFileSync(join(ROOT, file), "utf8").matchAll(LOADED)) {
      const target = relative(ROOT, resolve(ROOT, dirname(file), specifier as string));
      if (!loaded.has(target)) loaded.set(target, file);
    }
  }
  return loaded;
}

test("a page loads no kernel of its own: that is the worker's", () => {
  const loaded = loadedWith("src/browser.ts");
  expect(loaded.size).toBeGreaterThan(50);
  expect(loaded.get("kernel/index.ts") ?? loaded.get("kernel/kernel.ts")).toBeUndefined();
  expect(loadedWith("src/platforms/browser/kernel-worker.ts").has("kernel/kernel.ts")).toBe(true);
});

/** What few machines need, and nobody before the prompt: each is imported where it is first used. */
const LATER = {
  "src/browser.ts": [
    "src/tools/normalize.ts",
    "src/remote/values.ts",
    "src/remote/server/server.ts",
    "src/remote/travel/move.ts",
    "src/stores/indexed-db.ts",
  ],
  "src/platforms/browser/kernel-worker.ts": [
    "runtimes/programs/all.ts",
    "runtimes/engines/quickjs/qjs.ts",
    "src/http/message-reader.ts",
    "src/gateway/fetch-dialer.ts",
    "src/machine/tools/made-tools.ts",
    "src/machine/mcp/server.ts",
    "src/machine/state/layer-transfers.ts",
    "src/mounts/custom/file-system.ts",
    "src/mounts/s3/driver.ts",
  ],
};

test.each(Object.entries(LATER))("%s begins without what is needed later", (entry, later) => {
  const loaded = loadedWith(entry);
  const early = later.filter((file) => loaded.has(file));
  expect(early.map((file) => `${loaded.get(file)} imports ${file}`)).toEqual([]);
  // They are there, under these names.
  for (const file of later) expect(loadedWith(file).size).toBeGreaterThan(0);
});

describe("imports point one way", () => {
  for (const layer of Object.keys(LAYERS)) {
    test(`${layer} imports only what its layer may`, () => {
      const wrong = importsUnder(layer).filter((entry) => !allowed(layer, entry));
      expect(wrong.map(({ file, specifier }) => `${file} imports ${specifier}`)).toEqual([]);
    });
  }

  test("every folder of the runtimes is a layer", () => {
    const folders = readdirSync(join(ROOT, "runtimes"), { withFileTypes: true });
    for (const folder of folders.filter((entry) => entry.isDirectory())) {
      expect(Object.keys(LAYERS)).toContain(`runtimes/${folder.name}`);
    }
  });

  test("the walk sees imports, and refuses a wrong one", () => {
    const file = "kernel/process/wait.ts";
    expect(importsUnder("tests").some(({ specifier }) => specifier === "vitest")).toBe(true);
    expect(allowed("kernel", { file, specifier: "../errno.ts" })).toBe(true);
    expect(allowed("kernel", { file, specifier: "../../runtimes/shell/main.ts" })).toBe(false);
    expect(allowed("kernel", { file, specifier: "node:fs" })).toBe(false);
    const shell = "runtimes/shell/main.ts";
    expect(allowed("runtimes/shell", { file: shell, specifier: "../../kernel/index.ts" })).toBe(
      true,
    );
    expect(allowed("runtimes/shell", { file: shell, specifier: "../../kernel/fd/pipe.ts" })).toBe(
      false,
    );
  });
});
