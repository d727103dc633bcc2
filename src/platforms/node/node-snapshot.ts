/**
 * The V8 snapshot of the Node layer, and lib/'s text beside it. A snapshot fits one version of V8 and one
 * bundle, so it is built when it is first needed, in a process of its own, and kept in the cache folder.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { HEAP_FIELDS } from "../../../runtimes/engines/isolated-vm/node-guest/heap-fields.ts";
import { NATIVES } from "../../../runtimes/engines/isolated-vm/node-guest/natives.ts";
import {
  type LibraryIndex,
  type PackedLibrary,
  packLibrary,
  type WholeLibrary,
} from "../../../runtimes/node/library.ts";
import { guestBundle } from "../../guest-bundle.ts";
import { nodeLibraryFile, readNodeLibrary } from "../../node-library/folder.ts";
import { toolsModule } from "../../node-library/tools-module.ts";
import { type Kept, keptOnce, madeOnce } from "./made-once.ts";
import type { SnapshotInput } from "./node-snapshot-builder.ts";

export interface NodeSnapshot {
  readonly snapshot: ArrayBuffer;
  /** What threads of worker_threads begin as; made when the first of them starts. */
  readonly workerSnapshot: () => Promise<ArrayBuffer>;
  readonly library: LibraryInParts;
}

export interface LibraryInParts extends PackedLibrary {
  /** Bytes of a module that lies behind the text's end, for the caller to keep. */
  large(id: string): ArrayBuffer;
}

const FOLDER = "node-snapshots";
/** Bytes of the index, and from the file's beginning to the first large module: 32-bit numbers. */
const HEAD_BYTES = 8;
const IS_BUILT = !import.meta.url.endsWith(".ts");
const BUILDER = fileURLToPath(
  new URL(IS_BUILT ? "./node-snapshot-builder.js" : "./node-snapshot-builder.ts", import.meta.url),
);

const allocate = (bytes: number): ArrayBuffer => new ArrayBuffer(bytes);

export async function openNodeSnapshot(): Promise<NodeSnapshot> {
  // Read again where they are needed, which is rare: some 2 MB, which nobody is to keep. Sources are bundled
  // anew for each reading, so there they stay.
  const bundled = IS_BUILT ? undefined : readScripts();
  const scripts = () => bundled ?? readScripts();
  const key = await keyOf(await scripts());
  const packed = unpack(
    await keptOnce(FOLDER, `${key}.library`, async () => {
      const [{ versions, config, modules }, { own }] = await Promise.all([
        readNodeLibrary(),
        scripts(),
      ]);
      return pack(packLibrary({ versions, config, modules: { ...modules, ...own } }));
    }),
  );
  const index = JSON.stringify(packed.index);
  const open = async (isWorkerThread: boolean): Promise<ArrayBuffer> => {
    const name = `${key}.${isWorkerThread ? "thread" : "process"}`;
    return madeOnce(FOLDER, name, allocate, async () => {
      const [{ modules }, { bundle }] = await Promise.all([readNodeLibrary(), scripts()]);
      return build({ bundle, index, modules, isWorkerThread });
    });
  };
  const snapshot = await open(false);
  return { snapshot, workerSnapshot: () => open(true), library: packed };
}

interface Scripts {
  readonly bundle: string;
  /** Scripts of our own that are compiled when they are first used, as most of lib/ is. */
  readonly own: Readonly<Record<string, string>>;
}

async function readScripts(): Promise<Scripts> {
  const [bundle, crypto, idna, legacy, lexer, sqlite, zlib] = await Promise.all([
    guestBundle("node-guest"),
    guestBundle("node-crypto"),
    guestBundle("node-idna"),
    guestBundle("node-legacy"),
    guestBundle("node-lexer"),
    guestBundle("node-sqlite"),
    guestBundle("node-zlib"),
  ]);
  const own = {
    "isopod/crypto": crypto,
    "isopod/idna": idna,
    "isopod/legacy": legacy,
    "isopod/lexer": lexer,
    "isopod/sqlite": sqlite,
    "isopod/zlib": zlib,
    ...toolsModule,
  };
  return { bundle, own };
}

/** Milliseconds of work, for sources alone: a built builder names its parts by what they hold. */
async function madeTextNatives(): Promise<string> {
  const [{ textCode }, { textNatives }] = await Promise.all([
    import("../../../runtimes/engines/isolated-vm/node-guest/text-code.ts"),
    import("../../../runtimes/engines/isolated-vm/node-guest/text-natives.ts"),
  ]);
  return textNatives(textCode());
}

async function keyOf({ bundle, own }: Scripts): Promise<string> {
  const { v8 } = process.versions;
  const natives = [NATIVES, HEAP_FIELDS, ...(IS_BUILT ? [] : [await madeTextNatives()])];
  const versions = [v8, process.arch, process.platform, ...natives];
  const hash = createHash("sha256").update(JSON.stringify(versions));
  const contents = [await readFile(BUILDER), bundle, ...Object.values(own)];
  for (const content of contents) hash.update(content).update("\0");
  for await (const piece of createReadStream(nodeLibraryFile())) hash.update(piece as Buffer);
  return hash.update("\0").digest("hex").slice(0, 32);
}

/** A head, the index, the text; the text begins at a whole word. */
function pack(library: WholeLibrary): Uint8Array {
  const json = Buffer.from(JSON.stringify(library.index));
  const start = textStart(json.length);
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(json.length);
  head.writeUInt32LE(start + library.smallTextEnd, 4);
  const gap = Buffer.alloc(start - HEAD_BYTES - json.length);
  return Buffer.concat([head, json, gap, new Uint8Array(library.text)]);
}

function textStart(indexBytes: number): number {
  return (HEAD_BYTES + indexBytes + 3) & -4;
}

/**
 * What was packed, where it lies: modules' places are offsets from its beginning. Large modules stay in
 * the file, together as large as all others, of which most programs load none.
 */
function unpack(packed: Kept): LibraryInParts {
  const head = Buffer.alloc(HEAD_BYTES);
  packed.read(head, 0);
  const length = head.readUInt32LE();
  const text = new SharedArrayBuffer(head.readUInt32LE(4));
  packed.read(new Uint8Array(text), 0);
  const json = Buffer.from(text).toString("utf8", HEAD_BYTES, HEAD_BYTES + length);
  const index = JSON.parse(json) as LibraryIndex;
  const start = textStart(length);
  const modules: LibraryIndex["modules"] = Object.fromEntries(
    Object.entries(index.modules).map(([id, [offset, bytes, wide]]) => [
      id,
      [start + offset, bytes, wide] as const,
    ]),
  );
  return {
    index: { ...index, modules },
    text,
    large(id) {
      const [offset, bytes] = modules[id] ?? [0, 0];
      const copy = new ArrayBuffer(bytes);
      packed.read(new Uint8Array(copy), offset);
      return copy;
    },
  };
}

async function build(input: SnapshotInput): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), "isopod-snapshot-"));
  try {
    const from = join(folder, "input.json");
    const to = join(folder, "output.bin");
    await writeFile(from, JSON.stringify(input));
    const args = ["--allow-natives-syntax", "--no-warnings", BUILDER, from, to];
    // What the embedder asks of its own processes is not meant for this one.
    const env = { ...process.env, NODE_OPTIONS: "" };
    const run = (more: readonly string[]) =>
      promisify(execFile)(process.execPath, [...args, ...more], { env });
    // A V8 that is another one than natives and accessors were written for may end that process.
    await run([])
      .catch(() => run(["--no-text-natives"]))
      .catch(() => run(["--no-heap-fields"]));
    return await readFile(to);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
