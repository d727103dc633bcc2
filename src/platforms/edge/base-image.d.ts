/** Made by worker/image-plugin.ts when the edge is built, of the base image. */
declare module "isopod:base-image" {
  import type { ImageBundle } from "./bundled-image.ts";
  export const image: ImageBundle["image"];
  export const entries: ImageBundle["entries"];
  export const beginnings: ImageBundle["beginnings"];
  export const modules: ImageBundle["modules"];
}

/** The text of runtimes/engines/loader/guest.ts as one module. */
declare module "isopod:loader-guest" {
  const source: string;
  export default source;
}

/** Node's library, an asset beside the image's files. */
declare module "isopod:node-library" {
  /** Of what src/node-library/file.ts reads. */
  export const digest: string;
}

/** QuickJS, compiled by workerd. */
declare module "isopod:quickjs" {
  export const module: WebAssembly.Module;
  export const hook: WebAssembly.Module;
}
