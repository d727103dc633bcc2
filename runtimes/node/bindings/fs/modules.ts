/** The `fs` binding: what the ES module loader asks of files without reading them into JavaScript. */
import { AT_FDCWD, KernelError, O_CLOEXEC, S_IFDIR, S_IFMT } from "../../../../kernel/abi.ts";
import type { Environment } from "../../environment.ts";
import { codedError } from "../../errors.ts";
import { toPath } from "./paths.ts";

/** In the order of lib/internal/modules/esm/resolve.js: with a package's main, then without. */
const WITH_MAIN = ["", ".js", ".json", ".node", "/index.js", "/index.json", "/index.node"];
const WITHOUT_MAIN = ["index.js", "index.json", "index.node"];

const EXTENSIONLESS_FORMAT_JAVASCRIPT = 0;
const EXTENSIONLESS_FORMAT_WASM = 1;
const WASM_MAGIC = [0x00, 0x61, 0x73, 0x6d];

export function createModuleCalls(env: Environment) {
  function isFile(path: string): boolean {
    try {
      return (env.sys.newfstatat(AT_FDCWD, path, 0).mode & S_IFMT) !== S_IFDIR;
    } catch (reason) {
      if (reason instanceof KernelError) return false;
      throw reason;
    }
  }

  return {
    /** Which of the names that CommonJS would try for a package's folder is there. */
    legacyMainResolve(folder: string, main: unknown, base: unknown): number {
      const path = env.requireBuiltin<{ resolve(...parts: string[]): string }>("path");
      let first: string | undefined;
      if (typeof main === "string") {
        for (const [i, extension] of WITH_MAIN.entries()) {
          const file = path.resolve(folder, `${main}${extension}`);
          if (isFile(file)) return i;
          first ??= file;
        }
      }
      for (const [i, name] of WITHOUT_MAIN.entries()) {
        const file = path.resolve(folder, name);
        if (isFile(file)) return WITH_MAIN.length + i;
        first ??= file;
      }
      const { fileURLToPath } = env.requireBuiltin<{ fileURLToPath(url: string): string }>(
        "internal/url",
      );
      const from = typeof base === "string" ? ` imported from ${fileURLToPath(base)}` : "";
      throw codedError(Error, "ERR_MODULE_NOT_FOUND", `Cannot find package '${first}'${from}`);
    },

    getFormatOfExtensionlessFile(path: unknown): number {
      const { sys } = env;
      try {
        const fd = sys.openat(AT_FDCWD, toPath(path), O_CLOEXEC, 0);
        try {
          const magic = new Uint8Array(4);
          const count = sys.read(fd, magic);
          const isWasm = count === 4 && WASM_MAGIC.every((byte, i) => magic[i] === byte);
          return isWasm ? EXTENSIONLESS_FORMAT_WASM : EXTENSIONLESS_FORMAT_JAVASCRIPT;
        } finally {
          sys.close(fd);
        }
      } catch (reason) {
        if (reason instanceof KernelError) return EXTENSIONLESS_FORMAT_JAVASCRIPT;
        throw reason;
      }
    },
  };
}
