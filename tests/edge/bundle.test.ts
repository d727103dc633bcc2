/** What is uploaded to Cloudflare: small enough, bounded, and nothing of Node's in it. */
import { beforeAll, expect, test } from "vitest";
import { nodePlatform } from "../../src/platforms/node/platform.ts";
import { sizesOf } from "../../worker/build.ts";
import { bundleEdge, type EdgeBundle } from "../../worker/bundle.ts";
import { CORE_COMMANDS } from "../../worker/core-commands.ts";

const MEMORY_PAGES_MAX = 1024;
const IMPORT = /(?:^|[;}])\s*import\s*(?:[\w$*{}\s,]+from\s*)?"([^"]+)"/g;

let bundle: EdgeBundle;

beforeAll(async () => {
  bundle = await bundleEdge("../src/edge.ts", () => nodePlatform.openImage());
});

test("at most 1 MB without its commands, and 10 MB with them, gzipped", () => {
  const { codeBytes, commands, commandBytes } = sizesOf(bundle);
  console.log(`code ${codeBytes}, ${commands} commands ${commandBytes} bytes`);
  expect(codeBytes).toBeLessThanOrEqual(1_000_000);
  expect(codeBytes + commandBytes).toBeLessThanOrEqual(10_000_000);
});

test("at least thirty-five core commands", () => {
  expect(new Set(CORE_COMMANDS).size).toBe(CORE_COMMANDS.length);
  expect(CORE_COMMANDS.length).toBeGreaterThanOrEqual(35);
  expect(bundle.commands.size).toBeGreaterThanOrEqual(35);
});

test("each of them has a bound for its memory", async () => {
  for (const [file, bytes] of bundle.commands) {
    const module = await WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>);
    expect(WebAssembly.Module.exports(module).map(({ name }) => name)).toContain("_start");
    expect([file, memoryMaximum(bytes)]).toEqual([file, expect.any(Number)]);
    expect(memoryMaximum(bytes)).toBeLessThanOrEqual(MEMORY_PAGES_MAX);
  }
});

test("it imports its commands and what workerd has", () => {
  const imports = [...bundle.code.matchAll(IMPORT)].map(([, name]) => name ?? "");
  const others = imports.filter((name) => !/^\.\/commands\/\w+\.wasm$/.test(name));
  expect([...new Set(others)].sort()).toEqual(["cloudflare:workers", "node:crypto", "node:zlib"]);
});

/** Pages, from the memory section of the binary; undefined where there is no bound. */
function memoryMaximum(bytes: Uint8Array): number | undefined {
  let at = 8;
  const unsigned = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] as number;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const id = bytes[at++];
    const end = unsigned() + at;
    if (id === 5 && unsigned() === 1) {
      const bounded = unsigned() & 1;
      unsigned();
      return bounded ? unsigned() : undefined;
    }
    at = end;
  }
  return undefined;
}
