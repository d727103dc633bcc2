/** Where the base image is built, and opened from. */
import { join } from "node:path";
import { packageRoot } from "../package-root.ts";

export function baseImageFolder(): string {
  return join(packageRoot(), "build", "base-image");
}
