/** Machines on Node: guests in isolates, the base image from its folder, directories of the host. */
import { hash } from "node:crypto";
import { realpathSync } from "node:fs";
import { getCACertificates } from "node:tls";
import type { ChunkStore } from "../../../kernel/state/chunk-store.ts";
import type { FileSystem } from "../../../kernel/vfs/file-system.ts";
import { IsopodError } from "../../errors.ts";
import { openShared } from "../../images/node/open-reference.ts";
import type { Owner, Platform } from "../../machine/platform.ts";
import type { HostDirectorySource, StoreSource } from "../../machine/protocol.ts";
import { HostDirectory } from "../../mounts/host-directory.ts";
import { openMemoryStore } from "../../stores/thread-memory.ts";
import { lazyQjs } from "../lazy-qjs.ts";
import { nodeDialer } from "./dial.ts";
import { nodeHost } from "./host.ts";
import { nodeFormat } from "./node-format.ts";
import { loadQuickJs } from "./quickjs.ts";
import { wasmFormat } from "./wasm-format.ts";

const wasm = wasmFormat(reportFault);
const node = nodeFormat(reportFault);
/** V8 needs a moment after the last isolate before its thread may go. */
const LAST_ISOLATE_MS = 50;

export const nodePlatform: Platform = {
  host: nodeHost,
  formats: [wasm, node],
  programs: lazyQjs({ load: loadQuickJs }),
  openImage: openShared,
  openStore,
  sha256: (bytes) => hash("sha256", bytes),
  realPath,
  makeMount,
  dialer: nodeDialer,
  makeTerminator: async () => (await import("./inspect/terminate.ts")).nodeTerminator(),
  authorities: () => getCACertificates("default"),
  async settle() {
    const were = await Promise.all([wasm.settle(), node.settle()]);
    if (were.includes(true)) await new Promise((resolve) => setTimeout(resolve, LAST_ISOLATE_MS));
  },
};

async function openStore(source: StoreSource): Promise<ChunkStore> {
  switch (source.type) {
    case "memory":
      return openMemoryStore(source.name);
    case "directory": {
      const { openDirectoryStore } = await import("../../stores/directory.ts");
      return openDirectoryStore(source.path);
    }
    default:
      throw new IsopodError(
        "ERR_NOT_ON_THIS_HOST",
        `Node has no ${source.type} store: use directoryStore() or memoryStore()`,
      );
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function makeMount(source: HostDirectorySource, owner: Owner): FileSystem {
  const { path, readOnly, ownLinks = false } = source;
  return new HostDirectory(path, { readOnly, ownLinks, ...owner });
}

/** Faults that are told in one process: a program that found a way to bring one about fills no log. */
const FAULTS_MAX = 100;
const told = new Set<string>();

/** A fault of ours is no guest's business, and must not pass unseen. */
function reportFault(reason: unknown): void {
  const text = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
  const [message = "", place = ""] = text.split("\n");
  const kind = message + place;
  if (told.has(kind) || told.size >= FAULTS_MAX) return;
  told.add(kind);
  process.stderr.write(`isopod: ${text}\n`);
  if (told.size === FAULTS_MAX) process.stderr.write("isopod: further faults are not told\n");
}
