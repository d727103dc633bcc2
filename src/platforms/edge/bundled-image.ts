/**
 * The base image as the edge has it: names, small files and the start of every file inside the Worker's
 * bundle, core commands as compiled modules, and the rest of the bytes as static assets, each named by
 * its digest, fetched when it is first read.
 *
 * Each Durable Object opens it for itself: what one of them fetches another may not await.
 */
import { Errno, KernelError, sleepFor } from "../../../kernel/index.ts";
import type { ImageContent, ImageEntry, ImageSource } from "../../../kernel/vfs/image-source.ts";
import type { MachineImage } from "../../machine/platform.ts";

export interface ImageBundle {
  /** What it is called and says about machines on it. */
  readonly image: Omit<MachineImage, "source">;
  readonly entries: readonly ImageEntry[];
  /** By digest, in base64: whole small files, and the first bytes of the rest. */
  readonly beginnings: Readonly<Record<string, string>>;
  /** Compiled commands by digest. */
  readonly modules: Readonly<Record<string, WebAssembly.Module>>;
}

/** Where the other bytes come from: a static assets binding, or anything that answers as one. */
export interface Assets {
  fetch(url: string): Promise<Pick<Response, "ok" | "status" | "arrayBuffer">>;
}

export class BundledImage implements ImageSource {
  readonly #bundle: ImageBundle;
  readonly #assets: Assets | undefined;
  /** What is being fetched, or could not be. */
  readonly #fetches = new Map<string, KernelError | Promise<void>>();

  constructor(bundle: ImageBundle, assets: Assets | undefined) {
    this.#bundle = bundle;
    this.#assets = assets;
  }

  get entries(): readonly ImageEntry[] {
    return this.#bundle.entries;
  }

  read(content: ImageContent, offset: number, length: number): Uint8Array {
    const beginning = beginningOf(this.#bundle, content.digest);
    if (beginning && offset + length <= beginning.length) {
      return beginning.subarray(offset, offset + length);
    }
    const whole = kept.get(content.digest) ?? this.#fetch(content);
    return whole.subarray(offset, offset + length);
  }

  #fetch({ digest, size }: ImageContent): never {
    const known = this.#fetches.get(digest);
    if (known instanceof KernelError) {
      // The next reader tries again.
      this.#fetches.delete(digest);
      throw known;
    }
    const fetching = known ?? this.#fetchInto(digest, size);
    this.#fetches.set(digest, fetching);
    return sleepFor(fetching);
  }

  async #fetchInto(digest: string, size: number): Promise<void> {
    try {
      const bytes = await fetchContent(this.#assets, digest);
      if (bytes.length !== size)
        throw new Error(`${digest} has ${bytes.length} bytes, not ${size}`);
      kept.put(digest, bytes);
      this.#fetches.delete(digest);
    } catch (reason) {
      console.error(`isopod: a file of the image cannot be read: ${String(reason)}`);
      this.#fetches.set(digest, new KernelError(Errno.EIO));
    }
  }
}

/** Fetched files, the least recently used first; one set for all machines of the isolate. */
class KeptFiles {
  readonly #files = new Map<string, Uint8Array>();
  #bytes = 0;

  get(digest: string): Uint8Array | undefined {
    const found = this.#files.get(digest);
    if (found) {
      this.#files.delete(digest);
      this.#files.set(digest, found);
    }
    return found;
  }

  put(digest: string, bytes: Uint8Array): void {
    if (this.get(digest)) return;
    this.#files.set(digest, bytes);
    this.#bytes += bytes.length;
    for (const [old, { length }] of this.#files) {
      if (this.#bytes <= KEPT_BYTES || old === digest) break;
      this.#files.delete(old);
      this.#bytes -= length;
    }
  }
}

const KEPT_BYTES = 8 << 20;
const kept = new KeptFiles();

/** The bytes of that digest, verified. */
export async function fetchContent(assets: Assets | undefined, digest: string) {
  if (!assets) throw new Error("there is no binding ASSETS that holds the image's files");
  const response = await assets.fetch(`https://assets/${digest.replace("sha256:", "")}`);
  if (!response.ok) throw new Error(`${digest}: the assets answer ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const found = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  if (`sha256:${found.toHex()}` !== digest) throw new Error(`${digest} has other bytes`);
  return bytes;
}

/** Decoded once for all machines: they are the same bytes for each. */
const decoded = new WeakMap<ImageBundle, Map<string, Uint8Array>>();

function beginningOf(bundle: ImageBundle, digest: string): Uint8Array | undefined {
  const known = decoded.get(bundle) ?? new Map<string, Uint8Array>();
  decoded.set(bundle, known);
  const found = known.get(digest);
  if (found) return found;
  const text = bundle.beginnings[digest];
  if (text === undefined) return undefined;
  const bytes = Uint8Array.fromBase64(text);
  known.set(digest, bytes);
  return bytes;
}
