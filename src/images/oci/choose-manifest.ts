/** Which of the images that an index lists is meant. */
import { PLATFORM } from "./config.ts";
import { imageError, isDigest } from "./digest.ts";
import { Annotation, type Descriptor, type Index, MediaType } from "./manifest.ts";

const MANIFESTS = new Set<string>([MediaType.manifest, MediaType.dockerManifest]);

/** By tag or digest; without either the one tagged `latest`, or the only one. */
export function chooseManifest(where: string, { manifests }: Index, name?: string): Descriptor {
  const images = manifests.filter(({ mediaType }) => MANIFESTS.has(mediaType));
  const named = (tag: string) =>
    images.find((entry) => entry.annotations?.[Annotation.name] === tag);
  if (name !== undefined) {
    const found = isDigest(name) ? images.find(({ digest }) => digest === name) : named(name);
    if (found) return found;
    throw imageError(where, `holds no image ${name}; ${listed(images)}`);
  }
  const found = images.length === 1 ? images[0] : (named("latest") ?? forPlatform(images));
  if (found) return found;
  throw imageError(where, images.length === 0 ? "holds no image" : `say which; ${listed(images)}`);
}

/** Of an index that holds the same image for several machines. */
function forPlatform(images: readonly Descriptor[]): Descriptor | undefined {
  const ours = images.filter(({ platform }) => platform?.architecture === PLATFORM.architecture);
  return ours.length === 1 ? ours[0] : undefined;
}

function listed(images: readonly Descriptor[]): string {
  const names = images.map((entry) => entry.annotations?.[Annotation.name] ?? entry.digest);
  return `it holds ${names.length === 0 ? "none" : names.join(", ")}`;
}
