/** Machines at the edge: one for each Durable Object, with guests in the same isolate as the kernel. */
import { createHash } from "node:crypto";
import type { BinaryFormat, Main } from "../../../kernel/index.ts";
import type { FileSystem } from "../../../kernel/vfs/file-system.ts";
import { MemoryFileSystem } from "../../../kernel/vfs/memory/file-system.ts";
import { IsopodError } from "../../errors.ts";
import type { MachineImage, Owner, Platform } from "../../machine/platform.ts";
import type { MountSource, StoreSource } from "../../machine/protocol.ts";
import { type DurableObjectStorage, openDurableObjectStore } from "../../stores/durable-object.ts";
import { edgeHost } from "./host.ts";

export interface EdgeParts {
  /** The base image, the only one. */
  readonly image: MachineImage;
  readonly formats: readonly BinaryFormat[];
  readonly programs: ReadonlyMap<string, Main>;
  /** The object's own. */
  readonly storage: DurableObjectStorage;
}

export function edgePlatform({ image, formats, programs, storage }: EdgeParts): Platform {
  return {
    host: edgeHost,
    formats,
    programs,
    async openImage(reference) {
      if (reference === undefined || reference === image.reference) return image;
      throw noSuchImage(reference);
    },
    async openStore(source) {
      if (source.type !== "durable-object") throw noSuchStore(source);
      return openDurableObjectStore(storage);
    },
    sha256: (bytes) => createHash("sha256").update(bytes).digest("hex"),
    makeMount,
    async settle() {},
  };
}

function noSuchImage(reference: string): IsopodError {
  return new IsopodError(
    "ERR_NO_IMAGE",
    `there is no image ${reference} at the edge: its Worker is built with one image`,
  );
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
