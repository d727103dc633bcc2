/** Machines on Node: guests in isolates, the base image from its folder, directories of the host. */
import type { FileSystem } from "../../../kernel/vfs/file-system.ts";
import { MemoryFileSystem } from "../../../kernel/vfs/memory/file-system.ts";
import type { Image } from "../../images/image.ts";
import { openReference } from "../../images/node/open-reference.ts";
import type { Owner, Platform } from "../../machine/platform.ts";
import type { MountSource } from "../../machine/protocol.ts";
import { HostDirectory } from "../../mounts/host-directory.ts";
import { nodeHost } from "./host.ts";
import { WasmFormat } from "./wasm-format.ts";

const wasm = new WasmFormat(reportFault);
/** V8 needs a moment after the last isolate before its thread may go. */
const LAST_ISOLATE_MS = 50;

const images = new Map<string | undefined, Promise<Image>>();

export const nodePlatform: Platform = {
  host: nodeHost,
  formats: [wasm],
  openImage(reference) {
    const known = images.get(reference);
    if (known) return known;
    const opening = openReference(reference);
    images.set(reference, opening);
    // Next time it may be there.
    opening.catch(() => images.delete(reference));
    return opening;
  },
  makeMount,
  async settle() {
    if (await wasm.settle()) await new Promise((resolve) => setTimeout(resolve, LAST_ISOLATE_MS));
  },
};

function makeMount(source: MountSource, owner: Owner): FileSystem {
  switch (source.type) {
    case "memory":
      return new MemoryFileSystem(owner);
    case "host-directory":
      return new HostDirectory(source.path, { readOnly: source.readOnly, ...owner });
  }
}

/** A fault of ours is no guest's business, and must not pass unseen. */
function reportFault(reason: unknown): void {
  const text = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
  process.stderr.write(`isopod: ${text}\n`);
}
