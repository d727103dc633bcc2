/** Machines in a tab: guests in workers of their own, images and state from where the page may fetch. */
import type { FileSystem } from "../../../kernel/vfs/file-system.ts";
import { MemoryFileSystem } from "../../../kernel/vfs/memory/file-system.ts";
import { BASE_IMAGE } from "../../browser-files/names.ts";
import type { Image } from "../../images/image.ts";
import { openHttpImage } from "../../images/open-http.ts";
import { openWebCache } from "../../images/web-cache.ts";
import type { Owner, Platform } from "../../machine/platform.ts";
import type { MountSource } from "../../machine/protocol.ts";
import { browserHost } from "./host.ts";
import { WasmFormat } from "./wasm-format.ts";

/** `base` is the address of the folder that holds what dist/browser holds. */
export function browserPlatform(base: string): Platform {
  const wasm = new WasmFormat(base, reportFault);
  let image: Promise<Image> | undefined;
  return {
    host: browserHost,
    formats: [wasm],
    async openImage() {
      image ??= openBaseImage(new URL(BASE_IMAGE, base).href);
      image.catch(() => {
        // Next time the network may be there.
        image = undefined;
      });
      return image;
    },
    makeMount,
    settle: () => wasm.settle(),
  };
}

async function openBaseImage(url: string): Promise<Image> {
  return openHttpImage(url, { onFault: reportFault, cache: await openWebCache() });
}

function makeMount(source: MountSource, owner: Owner): FileSystem {
  if (source.type === "memory") return new MemoryFileSystem(owner);
  throw new Error("a tab has no directories of the host");
}

/** A fault of ours is no guest's business, and must not pass unseen. */
function reportFault(reason: unknown): void {
  console.error("isopod:", reason);
}
