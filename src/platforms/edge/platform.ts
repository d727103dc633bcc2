/** Machines at the edge: one for each Durable Object, with guests in the same isolate as the kernel. */
import { createHash } from "node:crypto";
import type { BinaryFormat, Main } from "../../../kernel/index.ts";
import { IsopodError } from "../../errors.ts";
import { fetchDialer } from "../../gateway/fetch-dialer.ts";
import type { FetchHost } from "../../gateway/fetch-request.ts";
import { webCodec } from "../../images/codec.ts";
import { Contents } from "../../images/contents.ts";
import { type ImageBucket, openBucketImage } from "../../images/open-bucket.ts";
import type { MachineImage, Platform } from "../../machine/platform.ts";
import type { StoreSource } from "../../machine/protocol.ts";
import { type DurableObjectStorage, openDurableObjectStore } from "../../stores/durable-object.ts";
import { edgeHost } from "./host.ts";

export interface EdgeParts {
  /** The base image. */
  readonly image: MachineImage;
  /** Where others are. */
  readonly images: ImageBucket | undefined;
  readonly formats: readonly BinaryFormat[];
  readonly programs: ReadonlyMap<string, Main>;
  /** The object's own. */
  readonly storage: DurableObjectStorage;
}

/** Bytes of an image's files that one machine keeps; an isolate has 128 MB for many of them. */
const KEEP_BYTES = 8 << 20;
/** Bytes of stored chunks that all machines of an isolate keep. */
const CACHE_BYTES = 16 << 20;

/** Requests that Workers may make, and nothing else. */
const network: FetchHost = {
  fetch: (url, init) => fetch(url, init),
  streamsBodies: true,
  failure: "The server may be out of reach, or not for Workers.",
  onFault: reportFault,
};

export function edgePlatform(parts: EdgeParts): Platform {
  const { image, images, formats, programs, storage } = parts;
  return {
    host: edgeHost,
    formats,
    programs,
    async openImage(reference) {
      if (reference === undefined || reference === image.reference) return image;
      if (!images) throw noSuchImage(reference);
      // Each object opens it for itself: what one of them fetches another may not await.
      const contents = new Contents({
        codec: webCodec,
        keepBytes: KEEP_BYTES,
        onFault: reportFault,
      });
      return openBucketImage(images, reference, { contents });
    },
    async openStore(source) {
      if (source.type !== "durable-object") throw noSuchStore(source);
      return openDurableObjectStore(storage);
    },
    cacheBytes: CACHE_BYTES,
    sha256: (bytes) => createHash("sha256").update(bytes).digest("hex"),
    makeMount,
    dialer: (_options, isHttpPort) => fetchDialer(network, isHttpPort),
    authorities: () => [],
    async settle() {},
  };
}

function reportFault(reason: unknown): void {
  console.error(`isopod: a file of the image cannot be read: ${String(reason)}`);
}

function noSuchImage(reference: string): IsopodError {
  return new IsopodError(
    "ERR_NO_IMAGE",
    `there is no image ${reference} at the edge: its Worker has no bucket IMAGES that holds others`,
  );
}

/** Memory would be that of all objects in the isolate, whosever they are. */
function noSuchStore({ type }: StoreSource): IsopodError {
  return new IsopodError(
    "ERR_NOT_ON_THIS_HOST",
    `there is no ${type} store at the edge: machines are kept in their Durable Object`,
  );
}

function makeMount(): never {
  throw new Error("there are no directories of a host at the edge");
}
