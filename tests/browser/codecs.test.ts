/** Brotli and zstd of Node programs in a tab: by libraries of its own, on both engines. */
import * as zlib from "node:zlib";
import { expect, test } from "vitest";
import { type Tab, testBrowser } from "./tab.ts";

const tabs = testBrowser();

/** Runs `script` as a module of Node's, beside `files`. */
function run(tab: Tab, script: string, files: Readonly<Record<string, Buffer>> = {}) {
  const contents = Object.entries(files).map(([name, file]) => [name, file.toString("base64")]);
  return tab.page.evaluate(
    async ([script, contents]) => {
      const vm = await isopod.createVm();
      for (const [name, text] of contents as [string, string][]) {
        await vm.fs.writeFile(
          name,
          Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)),
        );
      }
      await vm.fs.writeFile("a.mjs", script as string);
      const { stdout, stderr } = await vm.exec("node --no-warnings a.mjs", { timeout: 100_000 });
      await vm.dispose();
      return stdout + stderr;
    },
    [script, contents] as const,
  );
}

/** More than a step carries, compressed well and not so well. */
const LARGE = Buffer.concat([
  Buffer.alloc(1_200_000, "large "),
  Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 2_654_435_761) >>> 24)),
]);
const { BROTLI_PARAM_QUALITY, ZSTD_c_checksumFlag } = zlib.constants;
const brotli = zlib.brotliCompressSync(LARGE, { params: { [BROTLI_PARAM_QUALITY]: 5 } });
const zstd = zlib.zstdCompressSync(LARGE, { params: { [ZSTD_c_checksumFlag]: 1 } });
const broken = Buffer.from(zstd);
broken[broken.length - 1] = (broken.at(-1) as number) ^ 1;

const FILES = {
  large: LARGE,
  "large.br": brotli,
  "large.zst": zstd,
  "cut.br": brotli.subarray(0, 1000),
  "cut.zst": zstd.subarray(0, 1000),
  "broken.zst": broken,
};

const SCRIPT = `
import { createReadStream, readFileSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import * as zlib from "node:zlib";

const large = readFileSync("large");
const told = ({ code, errno, message }) => [code, errno, message].join(" ");
const attempt = (work) => { try { return work().length; } catch (reason) { return told(reason); } };

for (const [file, make] of [
  ["large.br", zlib.createBrotliDecompress],
  ["large.zst", zlib.createZstdDecompress],
]) {
  const pieces = [];
  await pipeline(createReadStream(file), make(), async (stream) => {
    for await (const piece of stream) pieces.push(piece);
  });
  console.log(file, Buffer.concat(pieces).equals(large));
}
console.log("at once", zlib.brotliDecompressSync(readFileSync("large.br")).equals(large));
console.log("cut.br", attempt(() => zlib.brotliDecompressSync(readFileSync("cut.br"))));
console.log("cut.zst", attempt(() => zlib.zstdDecompressSync(readFileSync("cut.zst"))));
for (const data of [readFileSync("broken.zst"), Buffer.from("garbage")]) {
  console.log("broken", attempt(() => zlib.zstdDecompressSync(data)));
}
console.log("brotli", zlib.brotliDecompressSync(zlib.brotliCompressSync("again and again")).toString());
const params = { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 };
const texts = await Promise.all(["a", "b", "c"].map(async (letter) => {
  const compressed = await new Promise((resolve, reject) => {
    const done = (error, data) => error ? reject(error) : resolve(data);
    zlib.brotliCompress(letter.repeat(300_000), { params }, done);
  });
  const text = zlib.brotliDecompressSync(compressed).toString();
  return text === letter.repeat(300_000);
}));
console.log("at a time", ...texts);
console.log("zstd", attempt(() => zlib.zstdCompressSync("text")));
const encoder = zlib.createBrotliCompress().on("error", (reason) => console.log("flush", told(reason)));
encoder.write("text");
encoder.flush();
`;

const OUTPUT = `large.br true
large.zst true
at once true
cut.br Z_BUF_ERROR -5 unexpected end of file
cut.zst Z_BUF_ERROR -5 unexpected end of file
broken ZSTD_error_checksum_wrong 22 Restored data doesn't match checksum
broken ZSTD_error_prefix_unknown 10 Unknown frame descriptor
brotli again and again
at a time true true true
zstd ERR_ZLIB_INITIALIZATION_FAILED  Initialization failed: zstd is the host's to do, and it has none, or no room for another
flush ERR_FEATURE_UNAVAILABLE_ON_PLATFORM -1 brotli cannot be flushed midway in a browser
`;

test("node has brotli and reads zstd, and fetches them when a program asks for them", async () => {
  await using tab = await tabs.open();
  const fetched = () => tab.server.log.filter((line) => /codecs|brotli|zstd/.test(line)).length;
  expect(await run(tab, `import "node:zlib"; console.log(1)`)).toBe("1\n");
  expect(fetched()).toBe(0);
  expect(await run(tab, SCRIPT, FILES)).toBe(OUTPUT);
  expect(fetched()).toBeGreaterThan(0);
  expect(tab.complaints).toEqual([]);
});

test("so it has on QuickJS", async () => {
  await using tab = await tabs.open({ isolated: false });
  expect(await run(tab, SCRIPT, FILES)).toBe(OUTPUT);
  expect(tab.complaints).toEqual([]);
});

test("a library that is out of reach is an error, and is asked for again", async () => {
  await using tab = await tabs.open();
  await tab.page.context().route("**/brotli.wasm", (route) => route.abort());
  const script = `
    import { brotliCompressSync } from "node:zlib";
    try { console.log(brotliCompressSync("a").length); } catch (reason) { console.log(reason.code); }`;
  expect(await run(tab, script)).toBe("ERR_ZLIB_BINDING_CLOSED\n");
  await tab.page.context().unroute("**/brotli.wasm");
  expect(await run(tab, script)).toBe("5\n");
});
