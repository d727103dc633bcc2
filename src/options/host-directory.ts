/** `hostDirectory()`: what a machine on Node may have of its host's files. */
import { resolve } from "node:path";
import { checkOptions, flag, text } from "./check.ts";
import type { Mount } from "./vm-options.ts";

/**
 * A directory of the host, to be mounted. The guest may read it, and write to it unless `readOnly`;
 * neither `..` nor a symbolic link leads out of it. Default: read-only.
 */
export function hostDirectory(path: string, options: { readOnly?: boolean } = {}): Mount {
  const where = "hostDirectory";
  checkOptions(where, options, ["readOnly"]);
  const { readOnly = true } = options;
  return {
    type: "host-directory",
    path: resolve(text({ where, name: "path" }, path)),
    readOnly: flag({ where, name: "readOnly" }, readOnly),
  };
}
