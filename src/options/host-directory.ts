/** `hostDirectory()` and `nodeModulesMount()`: what a machine on Node may have of its host's files. */
import { resolve } from "node:path";
import { absolutePath, checkOptions, flag, text } from "./check.ts";
import type { Mount } from "./mounts.ts";

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

/**
 * A `node_modules` tree of the host for Node programs of the machine, by the path that it is mounted at:
 * `mounts: { ...nodeModulesMount("node_modules", { at: "/home/user/node_modules" }) }`. Nothing is copied,
 * and nothing can be written. Links within the tree work as npm, pnpm and yarn make them, relative or
 * absolute; those that lead out of it are dangling. Default: /root/node_modules, for programs of root, and
 * /node_modules, where programs in any other directory look last.
 */
export function nodeModulesMount(
  path: string,
  options: { at?: string } = {},
): Record<string, Mount> {
  const where = "nodeModulesMount";
  checkOptions(where, options, ["at"]);
  const mount: Mount = {
    type: "host-directory",
    path: resolve(text({ where, name: "path" }, path)),
    readOnly: true,
    ownLinks: true,
  };
  if (options.at === undefined) return { "/root/node_modules": mount, "/node_modules": mount };
  return { [absolutePath({ where, name: "at" }, options.at)]: mount };
}
