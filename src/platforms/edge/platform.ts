/** Machines at the edge: one for each Durable Object, with guests in the same isolate as the kernel. */
import { createHash } from "node:crypto";
import type { BinaryFormat } from "../../../kernel/index.ts";
import type { FileSystem } from "../../../kernel/vfs/file-system.ts";
import type { ImageSource } from "../../../kernel/vfs/image-source.ts";
import { MemoryFileSystem } from "../../../kernel/vfs/memory/file-system.ts";
import { IsopodError } from "../../errors.ts";
import type { Owner, Platform } from "../../machine/platform.ts";
import type { MountSource, StoreSource } from "../../machine/protocol.ts";
import { type DurableObjectStorage, openDurableObjectStore } from "../../stores/durable-object.ts";
import { edgeHost } from "./host.ts";

export interface EdgeParts {
  readonly image: ImageSource;
  readonly formats: readonly BinaryFormat[];
  /** The object's own. */
  readonly storage: DurableObjectStorage;
}

export function edgePlatform({ image, formats, storage }: EdgeParts): Platform {
  return {
    host: edgeHost,
    formats,
    openImage: async () => ({ source: image }),
    async openStore(source) {
      if (source.type !== "durable-object") throw noSuchStore(source);
      return openDurableObjectStore(storage);
    },
    sha256: (bytes) => createHash("sha256").update(bytes).digest("hex"),
    makeMount,
    async settle() {},
  };
}

/** Memory would be that of all objects in the isolate, whosever they are. */
function noSuchStore({ type }: StoreSource): IsopodError {
  return new IsopodError(
    "ERR_NOT_ON_THIS_HOST",
    `there is no ${type} store at the edge: machines are kept in their Durable Object`,
  );
}

function makeMount(source: MountSource, owner: Owner): FileSystem {
  if (source.type === "memory") return new MemoryFileSystem(owner);
  throw new Error(`there is no ${source.type} at the edge`);
}
