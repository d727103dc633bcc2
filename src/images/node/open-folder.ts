/** Opens images on Node: from an OCI layout in a folder of the host, or on a web server. */
import { Contents } from "../contents.ts";
import type { Image } from "../image.ts";
import { chooseManifest } from "../oci/choose-manifest.ts";
import { openHttpImage } from "../open-http.ts";
import { openImage, readDocument } from "../open-image.ts";
import { nodeCodec } from "./codec.ts";
import { FolderBlobs } from "./folder-blobs.ts";
import { readIndex } from "./layout.ts";
import { plainCache } from "./plain-cache.ts";

/** One bound of memory for all images of the thread. */
let contents: Contents | undefined;

/** `name` is a tag or a manifest's digest; without it the layout's only image, or `latest`. */
export async function openFolderImage(
  folder: string,
  name?: string,
  reference = folder,
): Promise<Image> {
  try {
    return await open(folder, name, reference);
  } catch (error) {
    // A build may have replaced the image between two reads.
    const image = await open(folder, name, reference).catch(() => undefined);
    if (image) return image;
    throw error;
  }
}

/** Opens an image of an OCI layout that a web server has; contents are kept on this disk. */
export function openUrlImage(url: string): Promise<Image> {
  return openHttpImage(url, { codec: nodeCodec, contents: sharedContents() });
}

function sharedContents(): Contents {
  contents ??= new Contents({ codec: nodeCodec, plain: plainCache(), onFault: report });
  return contents;
}

async function open(folder: string, name: string | undefined, reference: string): Promise<Image> {
  const manifest = chooseManifest(folder, readIndex(folder), name);
  const blobs = new FolderBlobs(folder);
  try {
    const document = await readDocument(`${folder}: manifest`, manifest, blobs, nodeCodec);
    const options = { reference, codec: nodeCodec, contents: sharedContents() };
    return await openImage(document, manifest.digest, blobs, options);
  } catch (error) {
    blobs.close();
    throw error;
  }
}

/** A guest sees EIO; whoever runs the host should see why. */
function report(error: unknown): void {
  process.stderr.write(`isopod: ${error instanceof Error ? error.message : error}\n`);
}
