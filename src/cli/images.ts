/** `isopod build` and `isopod image`: images from image files, and those kept here and in registries. */
import { resolve } from "node:path";
import { IsopodError } from "../errors.ts";
import { baseImagePresent } from "../images/base-image-present.ts";
import { buildImage } from "../images/builder/build-image.ts";
import { readImageFile } from "../images/builder/image-file.ts";
import type { ImageConfig } from "../images/image.ts";
import { Layout, nameOf } from "../images/node/layout.ts";
import { isFolder, isUrl, locateImage, openReference } from "../images/node/open-reference.ts";
import { describeImage, imageStore, removeImage, storeName } from "../images/node/store.ts";
import type { Descriptor } from "../images/oci/manifest.ts";
import { pullImage } from "../images/registry/pull.ts";
import { pushImage } from "../images/registry/push.ts";
import { formatBytes } from "./format-bytes.ts";
import { Progress } from "./progress.ts";
import { paintFor } from "./style.ts";

export interface BuildArguments {
  readonly file: string;
  readonly tag: string | undefined;
  readonly output: string | undefined;
}

export interface ImageArguments {
  readonly action: "ls" | "inspect" | "pull" | "push" | "rm";
  readonly names: readonly string[];
}

const SHORT_DIGEST = "sha256:".length + 12;

export async function build({ file, tag, output }: BuildArguments): Promise<number> {
  const plan = readImageFile(file);
  const name = tag ?? plan.tag;
  const stored = name === undefined ? undefined : storeName(name);
  if (plan.from === undefined || plan.from === "base") await baseImagePresent();
  else if (plan.from !== null) await ensureImage(plan.from);
  const layout = output === undefined ? imageStore() : new Layout(resolve(output));
  const built = await withProgress((progress) =>
    buildImage(plan, layout, {
      onFetch: (what, received) => progress.show(`fetching ${what}`, received, undefined),
      onPack: (packed, total) => progress.show("packing files", packed, total),
    }),
  );
  if (stored === undefined) await layout.list(built.image);
  else await layout.tag(built.image, stored);
  const { digest } = built.image;
  const own = `${formatBytes(built.size)}, ${formatBytes(built.ownSize)} of it its own`;
  process.stdout.write(`${digest}\n`);
  process.stderr.write(`${stored ?? "built"} in ${layout.folder}: ${own}\n`);
  return 0;
}

export async function image({ action, names }: ImageArguments): Promise<number> {
  const [name = "", destination] = names;
  switch (action) {
    case "ls":
      return list();
    case "inspect":
      if (name === "base") await baseImagePresent();
      process.stdout.write(`${JSON.stringify(await describe(name), undefined, 2)}\n`);
      return 0;
    case "pull":
      process.stdout.write(`${(await pull(storeName(name))).digest}\n`);
      return 0;
    case "push":
      if (name === "base") await baseImagePresent();
      return push(name, storeName(destination ?? name));
    case "rm":
      return remove(names);
  }
}

/** Fetches the image where it is not kept here yet. */
export async function ensureImage(reference: string): Promise<void> {
  if (isFolder(reference) || isUrl(reference) || reference === "base") return;
  try {
    locateImage(reference);
  } catch (error) {
    if ((error as IsopodError).code !== "ERR_NO_IMAGE") throw error;
    await pull(storeName(reference));
  }
}

/** What an image says about machines on it. */
export async function configOf(reference: string): Promise<ImageConfig> {
  return (await openReference(reference)).config;
}

async function pull(name: string): Promise<Descriptor> {
  const store = imageStore();
  const pulled = await withProgress((progress) =>
    pullImage(name, store, {
      onProgress: (done, total) => progress.show(`pulling ${name}`, done, total),
    }),
  );
  await store.tag(pulled, name);
  return pulled;
}

async function push(name: string, destination: string): Promise<number> {
  const located = locateImage(name);
  const digest = await withProgress((progress) =>
    pushImage(located, destination, {
      onProgress: (done, total) => progress.show(`pushing ${destination}`, done, total),
    }),
  );
  process.stdout.write(`${digest}\n`);
  return 0;
}

async function list(): Promise<number> {
  const store = imageStore();
  const rows = await Promise.all(
    store.images().map(async (entry) => {
      const { digest, size, created = "" } = await describeImage({ layout: store, image: entry });
      const day = created.slice(0, 10);
      return [nameOf(entry) ?? "<none>", digest.slice(0, SHORT_DIGEST), formatBytes(size), day];
    }),
  );
  const table = [["NAME", "DIGEST", "SIZE", "CREATED"], ...rows.sort(byName)];
  const widths = [0, 1, 2, 3].map((i) => Math.max(...table.map((row) => row[i]?.length ?? 0)));
  const paint = paintFor(process.stdout);
  for (const [i, row] of table.entries()) {
    const line = row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
    process.stdout.write(`${i === 0 ? paint("dim", line) : line}\n`);
  }
  return 0;
}

async function describe(name: string) {
  return { name, ...(await describeImage(locateImage(name))) };
}

async function remove(names: readonly string[]): Promise<number> {
  for (const name of names) {
    if (name === "base" || isFolder(name)) {
      throw new IsopodError("ERR_NO_IMAGE", `${name} is not among the images kept here`);
    }
    const { layout, image: entry } = locateImage(name);
    const freed = await removeImage(layout, entry);
    process.stderr.write(`removed ${name}, ${formatBytes(freed)} freed\n`);
  }
  return 0;
}

async function withProgress<T>(work: (progress: Progress) => Promise<T>): Promise<T> {
  const progress = new Progress();
  try {
    return await work(progress);
  } finally {
    progress.clear();
  }
}

function byName([a = ""]: readonly string[], [b = ""]: readonly string[]): number {
  return a < b ? -1 : 1;
}
