/**
 * The image that a reference means on Node: the base image where there is none, a folder where it looks
 * like a path, else what the local store holds under that name.
 */
import { IsopodError } from "../../errors.ts";
import { baseImageFolder } from "../base-image-folder.ts";
import type { Image } from "../image.ts";
import { imageStoreFolder } from "./folders.ts";
import { Layout, nameOf } from "./layout.ts";
import { openFolderImage } from "./open-folder.ts";

export function openReference(reference?: string): Promise<Image> {
  if (reference === undefined) return openFolderImage(baseImageFolder(), undefined, "base");
  if (/^[./]/.test(reference)) return openFolderImage(reference);
  return openStored(reference);
}

async function openStored(reference: string): Promise<Image> {
  const folder = imageStoreFolder();
  const stored = new Layout(folder).images();
  const found = stored.find((image) => nameOf(image) === reference || image.digest === reference);
  if (found) return openFolderImage(folder, found.digest, reference);
  throw new IsopodError(
    "ERR_NO_IMAGE",
    `there is no image ${reference} in ${folder}: fetch it with isopod image pull ${reference}, ` +
      "build it with isopod build, or name the folder of an OCI layout",
  );
}
