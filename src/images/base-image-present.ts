/** The base image, there by the time that the first machine needs it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { baseImageFolder } from "./base-image-folder.ts";

let present: Promise<unknown> | undefined;

/** Builds the image where nobody has: its commands come from npm once, about 46 MB. */
export async function baseImagePresent(): Promise<void> {
  present ??= existsSync(join(baseImageFolder(), "oci-layout")) ? Promise.resolve() : build();
  try {
    await present;
  } catch (error) {
    // Next time the network may be there.
    present = undefined;
    throw error;
  }
}

async function build(): Promise<void> {
  const { ensureBaseImage } = await import("./base-image.ts");
  await ensureBaseImage();
}
