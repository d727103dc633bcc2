/** The bindings of a Worker that has machines. */
import type { DurableObjectNamespace } from "@cloudflare/workers-types";
import type { Loader } from "../../../runtimes/engines/loader/engine.ts";
import type { ImageBucket } from "../../images/open-bucket.ts";
import type { Assets } from "./bundled-image.ts";

export interface EdgeEnv {
  /** The namespace of the class IsopodMachine. */
  readonly MACHINES: DurableObjectNamespace;
  /** The image's files that are not in the bundle: static assets, from dist/edge/assets. */
  readonly ASSETS?: Assets;
  /** An R2 bucket that holds an OCI layout, for machines on other images than the bundled one. */
  readonly IMAGES?: ImageBucket;
  /** Worker Loader, for commands that are not in the bundle. */
  readonly LOADER?: Loader;
  /** The secret that opens every machine. */
  readonly ISOPOD_TOKEN?: string;
  /** "open": anybody may make machines, and who knows a machine's name may use it. */
  readonly ISOPOD_ACCESS?: string;
  /** What machines may reach: rules of `permissions.network`, apart by spaces. Without it, nothing. */
  readonly ISOPOD_NETWORK?: string;
  /** Web origins whose pages may use the machines, apart by spaces; "*" for all. */
  readonly ISOPOD_ORIGINS?: string;
}
