/** Made by worker/image-plugin.ts when the edge is built. */
declare module "isopod:base-image" {
  import type { ImageBundle } from "./bundled-image.ts";
  export const entries: ImageBundle["entries"];
  export const beginnings: ImageBundle["beginnings"];
  export const modules: ImageBundle["modules"];
}
