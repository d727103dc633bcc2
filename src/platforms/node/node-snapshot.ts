/**
 * The V8 snapshot of the Node layer, and lib/'s text beside it. A snapshot fits one version of V8 and one
 * bundle, so it is built when it is first needed, in a process of its own, and kept in the cache folder.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { HEAP_FIELDS } from "../../../runtimes/engines/isolated-vm/node-guest/heap-fields.ts";
import { NATIVES } from "../../../runtimes/engines/isolated-vm/node-guest/natives.ts";
import { type PackedLibrary, packLibrary } from "../../../runtimes/node/library.ts";
import { guestBundle } from "../../guest-bundle.ts";
import { cacheFolder } from "../../images/node/folders.ts";
import { readNodeLibrary } from "../../node-library/folder.ts";
import type { SnapshotInput } from "./node-snapshot-builder.ts";

export interface NodeSnapshot {
  readonly snapshot: ArrayBuffer;
  /** What threads of worker_threads begin as; made when the first of them starts. */
  readonly workerSnapshot: () => Promise<ArrayBuffer>;
  readonly library: PackedLibrary;
}

export async function openNodeSnapshot(): Promise<NodeSnapshot> {
  const [library, bundle, crypto, idna, lexer, zlib] = await Promise.all([
    readNodeLibrary(),
    guestBundle("node-guest"),
    guestBundle("node-crypto"),
    guestBundle("node-idna"),
    guestBundle("node-lexer"),
    guestBundle("node-zlib"),
  ]);
  // Scripts of our own that are compiled when they are first used, as most of lib/ is.
  const modules = {
    ...library.modules,
    "isopod/crypto": crypto,
    "isopod/idna": idna,
    "isopod/lexer": lexer,
    "isopod/zlib": zlib,
  };
  const packed = packLibrary({ ...library, modules });
  const index = JSON.stringify(packed.index);
  const open = (isWorkerThread: boolean) =>
    openSnapshot({ bundle, index, modules: library.modules, isWorkerThread });
  return {
    snapshot: await open(false),
    workerSnapshot: () => open(true),
    library: packed,
  };
}

async function openSnapshot(input: SnapshotInput): Promise<ArrayBuffer> {
  const key = createHash("sha256")
    .update(`${process.versions.v8} ${process.arch} ${process.platform}\0`)
    .update(`${NATIVES}${HEAP_FIELDS}\0${input.bundle}\0${input.index}\0${input.isWorkerThread}`)
    .digest("hex");
  const file = join(cacheFolder(), "node-snapshots", `${key.slice(0, 32)}.bin`);
  const bytes = (await readFile(file).catch(() => undefined)) ?? (await build(file, input));
  return new Uint8Array(bytes).buffer;
}

async function build(file: string, input: SnapshotInput): Promise<Uint8Array> {
  await mkdir(join(file, ".."), { recursive: true });
  const inputFile = `${file}.${process.pid}.json`;
  const part = `${file}.${process.pid}`;
  try {
    await writeFile(inputFile, JSON.stringify(input));
    const builder = fileURLToPath(
      new URL(
        import.meta.url.endsWith(".ts")
          ? "./node-snapshot-builder.ts"
          : "./node-snapshot-builder.js",
        import.meta.url,
      ),
    );
    const args = ["--allow-natives-syntax", "--no-warnings", builder, inputFile, part];
    const run = promisify(execFile);
    // A V8 that is another one than the accessors were written for may end that process.
    await run(process.execPath, args).catch(() =>
      run(process.execPath, [...args, "--no-heap-fields"]),
    );
    const bytes = await readFile(part);
    await rename(part, file);
    return bytes;
  } finally {
    await Promise.all([rm(inputFile, { force: true }), rm(part, { force: true })]);
  }
}
