/**
 * What a file of @zenfs/core's tests runs against: `vm.fs` of a machine of its own, in the shape of node:fs.
 * Loaded anew for each file (hooks.mjs).
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path/posix";
import { callbackify } from "node:util";
import { Dirent } from "../../../src/fs/dirent.ts";
import { Stats } from "../../../src/fs/stats.ts";
import { createVm } from "./machines.ts";

const DATA = join(import.meta.dirname, "../../../node_modules/@zenfs/core/tests/data");

/** Functions whose second argument is a path as well. */
const TWO_PATHS = new Set(["copyFile", "cp", "link", "rename"]);

const vm = await createVm();
// The suite makes its own.
await vm.fs.rm("/tmp", { recursive: true });
await copy(DATA, "/");

/** The suite takes every path as one from the root, also where an error tells it. */
const promises = new Proxy(vm.fs, {
  get(target, name: keyof typeof vm.fs) {
    const member: unknown = target[name];
    if (typeof member !== "function") return member;
    return (...args: unknown[]) => Reflect.apply(member, target, absolute(name, args));
  },
});

export const fs = {
  promises,
  constants: promises.constants,
  Dirent,
  Stats,
  createReadStream: promises.createReadStream,
  createWriteStream: promises.createWriteStream,
  stat: callbackify(promises.stat as never),
  open: callbackify(promises.open as never),
};

/** What `vm.fs` does not have, as node:fs/promises does not. */
export const flags = {
  sync: false,
  watch: false,
  xattr: false,
  lchmod: false,
  "promises.exists": false,
};

function absolute(name: string, args: readonly unknown[]): unknown[] {
  const indexes = name === "symlink" ? [1] : TWO_PATHS.has(name) ? [0, 1] : [0];
  return args.map((value, index) =>
    indexes.includes(index) && typeof value === "string" && value !== ""
      ? resolve("/", value)
      : value,
  );
}

async function copy(from: string, to: string): Promise<void> {
  for (const name of readdirSync(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    if (statSync(source).isDirectory()) {
      await vm.fs.mkdir(target);
      await copy(source, target);
    } else await vm.fs.writeFile(target, readFileSync(source));
  }
}
