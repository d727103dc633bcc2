/**
 * Vite's part of the edge. The module `isopod:base-image` is made of the base image that `npm test` and
 * `npm start` build: entries and small files (but of npm) as text, core commands as `.wasm` imports that workerd
 * compiles, and every other file as an asset beside the bundle. The module `isopod:loader-guest` is the
 * text of what runs in a dynamic Worker, `isopod:quickjs` the module that runs scripts, and
 * `isopod:node-library` says which asset is Node's library.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import type { Plugin } from "vite";
import type { ImageContent, ImageEntry, ImageSource } from "../kernel/vfs/image-source.ts";
import { isSleep } from "../kernel/wait/sleep.ts";
import { HOOK_BYTES, openTable } from "../runtimes/engines/quickjs/rejections.ts";
import { limitModule, type WasmLimits } from "../runtimes/engines/wasm-limits.ts";
import { meterModule } from "../runtimes/engines/wasm-meter.ts";
import type { MachineImage } from "../src/machine/platform.ts";
import { bundleNodeLibrary } from "../src/node-library/bundle.ts";
import { CORE_COMMANDS } from "./core-commands.ts";

const MODULE = "isopod:base-image";
const GUEST = "isopod:loader-guest";
const QUICKJS = "isopod:quickjs";
const NODE_LIBRARY = "isopod:node-library";
const OWN = new Set([MODULE, GUEST, QUICKJS, NODE_LIBRARY]);

/** 64 MiB of memory, half of what all Durable Objects of an isolate have together. */
const LIMITS: WasmLimits = { memoryPages: 1024, tableEntries: 1 << 16 };

/** Files of up to this size are in the bundle whole. */
const SMALL_BYTES = 16_384;
/** What exec reads of a file before it knows what it is. */
const HEAD_BYTES = 256;
/** Packages of thousands of files that a prompt does not need: nothing of them is in the bundle. */
const PACKAGES = "/usr/lib/node_modules/";

export interface EdgeFiles {
  /** Core commands by name: their memory bounded, their loops metered. */
  readonly commands: ReadonlyMap<string, Uint8Array>;
  /** What runs scripts; its memory is bounded by who makes it. */
  readonly engines: ReadonlyMap<string, Uint8Array>;
  /** Files of the image that are not in the bundle, and Node's library, by digest in hex. */
  readonly assets: ReadonlyMap<string, Uint8Array>;
}

const QUICKJS_MODULE = `export { default as module } from "./commands/quickjs.wasm";
export { default as hook } from "./commands/rejections.wasm";
`;

/** `open` gives the image; `onFiles` gets what belongs beside the bundle. */
export function baseImage(
  open: () => Promise<MachineImage>,
  onFiles: (files: EdgeFiles) => void,
): Plugin {
  const library = bundleNodeLibrary(["quickjs"]);
  return {
    name: "isopod-base-image",
    enforce: "pre",
    resolveId(id) {
      if (OWN.has(id)) return `\0${id}`;
      return id.endsWith(".wasm") ? { id, external: true } : undefined;
    },
    async load(id) {
      if (id === `\0${GUEST}`) return `export default ${JSON.stringify(await guestSource())};`;
      if (id === `\0${QUICKJS}`) return QUICKJS_MODULE;
      if (id === `\0${NODE_LIBRARY}`) {
        return `export const digest = "sha256:${digestOf(await library)}";`;
      }
      if (id !== `\0${MODULE}`) return undefined;
      const { text, files } = await bundleImage(await open());
      files.assets.set(digestOf(await library), await library);
      onFiles(files);
      return text;
    },
  };
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function bundleImage(image: MachineImage) {
  const { source, reference, digest, config } = image;
  const commands = new Map<string, Uint8Array>();
  const assets = new Map<string, Uint8Array>();
  const beginnings: Record<string, string> = {};
  const modules: string[] = [];
  const imports: string[] = [];
  const core = coreDigests(source);
  for (const { path, content } of source.entries) {
    if (!content || content.digest in beginnings) continue;
    const bytes = await contentOf(source, content);
    if (path.startsWith(PACKAGES)) {
      assets.set(content.digest.replace("sha256:", ""), bytes);
      continue;
    }
    const isSmall = bytes.length <= SMALL_BYTES;
    beginnings[content.digest] = bytes.subarray(0, isSmall ? bytes.length : HEAD_BYTES).toBase64();
    if (!isSmall) assets.set(content.digest.replace("sha256:", ""), bytes);
    const name = core.get(content.digest);
    if (name === undefined) continue;
    commands.set(`${name}.wasm`, meterModule(limitModule(bytes, LIMITS)));
    modules.push(`${JSON.stringify(content.digest)}: m${imports.length}`);
    imports.push(`import m${imports.length} from "./commands/${name}.wasm";`);
  }
  const text = `${imports.join("\n")}
export const image = ${JSON.stringify({ reference, digest, config })};
export const entries = ${JSON.stringify(entriesOf(source))};
export const beginnings = ${JSON.stringify(beginnings)};
export const modules = {${modules.join(", ")}};
`;
  const engines = new Map([
    ["quickjs.wasm", openTable(await quickJs())],
    ["rejections.wasm", HOOK_BYTES],
  ]);
  return { text, files: { commands, engines, assets } };
}

async function quickJs(): Promise<Uint8Array> {
  const url = import.meta.resolve("@jitl/quickjs-wasmfile-release-sync/wasm");
  return readFile(fileURLToPath(url));
}

/** A file name for the content of each core command; some are one program under several names. */
function coreDigests({ entries }: ImageSource): ReadonlyMap<string, string> {
  const digests = new Map(entries.map(({ path, content }) => [path, content?.digest]));
  const names = new Map<string, string>();
  for (const command of CORE_COMMANDS) {
    const digest = digests.get(`/usr/bin/${command}`);
    if (digest === undefined) throw new Error(`the base image has no command ${command}`);
    if (!names.has(digest)) names.set(digest, command === "[" ? "bracket" : command);
  }
  return names;
}

/** Without what only the packed form knows. */
function entriesOf({ entries }: ImageSource): ImageEntry[] {
  return entries.map(({ content, ...entry }) =>
    content ? { ...entry, content: { digest: content.digest, size: content.size } } : entry,
  );
}

/** What runs in a dynamic Worker beside a program: one module, as text. */
async function guestSource(): Promise<string> {
  const input = resolve(import.meta.dirname, "../runtimes/engines/loader/guest.ts");
  const external = ["cloudflare:workers", "./program.wasm"];
  const bundle = await rolldown({ input, external });
  const { output } = await bundle.generate({ format: "es", minify: true });
  await bundle.close();
  return output[0].code;
}

async function contentOf(source: ImageSource, content: ImageContent): Promise<Uint8Array> {
  for (;;) {
    try {
      return source.read(content, 0, content.size);
    } catch (reason) {
      if (!isSleep(reason)) throw reason;
      await reason.promise;
    }
  }
}
