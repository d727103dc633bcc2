/**
 * The image that a reference means on Node: the base image where there is none, a folder where it looks
 * like a path, a layout on a web server where it is a URL, else what the local store holds.
 */
import { IsopodError } from "../../errors.ts";
import { baseImageFolder } from "../base-image-folder.ts";
import type { Image } from "../image.ts";
import { chooseManifest } from "../oci/choose-manifest.ts";
import { isDigest } from "../oci/digest.ts";
import type { Descriptor } from "../oci/manifest.ts";
import { Layout, nameOf } from "./layout.ts";
import { openFolderImage, openUrlImage } from "./open-folder.ts";
import { imageStore, storeName } from "./store.ts";

/** `base` is the base image's name. */
const BASE = "base";

export interface Located {
  readonly layout: Layout;
  readonly image: Descriptor;
}

/** Opened images by what they are: a name may come to mean another one. */
const opened = new Map<string, Promise<Image>>();

/** The same object for the same image; to be closed by nobody. */
export async function openShared(reference: string = BASE): Promise<Image> {
  const key = keyOf(reference);
  const known = opened.get(key);
  if (known) return known;
  const opening = openReference(reference);
  opened.set(key, opening);
  // Next time it may be there.
  opening.catch(() => opened.delete(key));
  return opening;
}

function keyOf(reference: string): string {
  if (reference === BASE || isUrl(reference)) return reference;
  const { layout, image } = locateImage(reference);
  return `${layout.folder}@${image.digest}`;
}

export async function openReference(reference: string = BASE): Promise<Image> {
  // Looked up again inside, where a layout that is being replaced is dealt with.
  if (reference === BASE) return openFolderImage(baseImageFolder(), undefined, BASE);
  if (isUrl(reference)) return openUrlImage(reference);
  if (isFolder(reference)) return openFolderImage(reference);
  const { layout, image } = locateImage(reference);
  return openFolderImage(layout.folder, image.digest, reference);
}

export function locateImage(reference: string = BASE): Located {
  if (reference !== BASE && !isFolder(reference)) return locateStored(reference);
  const layout = new Layout(reference === BASE ? baseImageFolder() : reference);
  return { layout, image: chooseManifest(layout.folder, layout.index()) };
}

export function isFolder(reference: string): boolean {
  return /^[./]/.test(reference);
}

export function isUrl(reference: string): boolean {
  return /^https?:\/\//.test(reference);
}

function locateStored(reference: string): Located {
  const layout = imageStore();
  const name = isDigest(reference) ? undefined : storeName(reference);
  const image = layout
    .images()
    .find((entry) => (name === undefined ? entry.digest === reference : nameOf(entry) === name));
  if (image) return { layout, image };
  throw new IsopodError(
    "ERR_NO_IMAGE",
    `there is no image ${reference} in ${layout.folder}: fetch it with isopod image pull ` +
      `${reference}, build it with isopod build, or name the folder of an OCI layout`,
  );
}
