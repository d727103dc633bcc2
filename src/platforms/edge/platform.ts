/** Machines at the edge: one for each Durable Object, with guests in the same isolate as the kernel. */
import type { BinaryFormat } from "../../../kernel/index.ts";
import type { ChunkStore } from "../../../kernel/state/chunk-store.ts";
import type { FileSystem } from "../../../kernel/vfs/file-system.ts";
import type { ImageSource } from "../../../kernel/vfs/image-source.ts";
import { MemoryFileSystem } from "../../../kernel/vfs/memory/file-system.ts";
import { IsopodError } from "../../errors.ts";
import type { Owner, Platform } from "../../machine/platform.ts";
import type { MountSource, StoreSource } from "../../machine/protocol.ts";
import { openMemoryStore } from "../../stores/thread-memory.ts";
import { sha256 } from "../web-sha256.ts";
import { edgeHost } from "./host.ts";

export interface EdgeParts {
  readonly image: ImageSource;
  readonly formats: readonly BinaryFormat[];
}

export function edgePlatform({ image, formats }: EdgeParts): Platform {
  return {
    host: edgeHost,
    formats,
    openImage: async () => ({ source: image }),
    openStore,
    sha256,
    makeMount,
    async settle() {},
  };
}

async function openStore(source: StoreSource): Promise<ChunkStore> {
  if (source.type === "memory") return openMemoryStore(source.name);
  throw new IsopodError("ERR_NOT_ON_THIS_HOST", `there is no ${source.type} store at the edge`);
}

function makeMount(source: MountSource, owner: Owner): FileSystem {
  if (source.type === "memory") return new MemoryFileSystem(owner);
  throw new Error(`there is no ${source.type} at the edge`);
}
