/**
 * internalBinding("modules"): package.json files, read once each, and the compile cache (node_modules.cc).
 */
import { AT_FDCWD, KernelError, O_CLOEXEC } from "../../../kernel/abi.ts";
import type { BindingFactory } from "../environment.ts";
import { codedError } from "../errors.ts";
import { CACHE_STATUS, CompileCache, type Enabled } from "../modules/compile-cache.ts";
import { decodeUtf8 } from "../text/units.ts";

/** As lib/internal/modules/package_json_reader.js takes them apart. */
type PackageFields = readonly [
  name: string | undefined,
  main: string | undefined,
  type: "commonjs" | "module" | "none",
  imports: string | undefined,
  exports: string | undefined,
  path: string,
];

export const modules: BindingFactory = (env) => {
  const known = new Map<string, PackageFields | undefined>();

  function readFile(path: string): string | undefined {
    const { sys } = env;
    let fd = -1;
    try {
      fd = sys.openat(AT_FDCWD, path, O_CLOEXEC, 0);
      const { size } = sys.fstat(fd);
      const bytes = new Uint8Array(Number(size));
      let length = 0;
      while (length < bytes.length) {
        const count = sys.read(fd, bytes.subarray(length));
        if (count === 0) break;
        length += count;
      }
      const text = decodeUtf8(bytes.subarray(0, length), 0);
      return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
    } catch (reason) {
      if (reason instanceof KernelError) return undefined;
      throw reason;
    } finally {
      if (fd >= 0) sys.close(fd);
    }
  }

  function read(path: string, importer?: { specifier: string; base: string }) {
    if (known.has(path)) return known.get(path);
    const text = readFile(path);
    const fields = text === undefined ? undefined : parsePackage(text, path);
    if (fields === "invalid") throw invalidConfig(path, importer);
    known.set(path, fields);
    return fields;
  }

  /** The nearest package.json at `folder` or above it, in no `node_modules` itself. */
  function nearest(folder: string): PackageFields | undefined {
    let at = folder;
    for (;;) {
      if (!at.endsWith("/node_modules")) {
        const found = read(`${at === "/" ? "" : at}/package.json`);
        if (found) return found;
      }
      const slash = at.lastIndexOf("/");
      if (slash < 0 || at === "/" || at === "") return undefined;
      at = at.slice(0, slash);
    }
  }

  /** The fields for the module `resolved`, a URL, or where the last package.json would have been. */
  function scope(resolved: string): PackageFields | string {
    const { fileURLToPath, URL } = env.requireBuiltin<{
      fileURLToPath(url: object): string;
      URL: new (url: string, base?: object) => { pathname: string };
    }>("internal/url");
    let url = new URL("./package.json", new URL(resolved));
    for (;;) {
      if (url.pathname.endsWith("node_modules/package.json")) break;
      const found = read(fileURLToPath(url));
      if (found) return found;
      const last = url;
      url = new URL("../package.json", last);
      if (url.pathname === last.pathname) break;
    }
    return fileURLToPath(url);
  }

  function invalidConfig(path: string, importer?: { specifier: string; base: string }): Error {
    const { fileURLToPath } = env.requireBuiltin<{ fileURLToPath(url: string): string }>(
      "internal/url",
    );
    const from = importer
      ? ` while importing "${importer.specifier}" from ${fileURLToPath(importer.base)}`
      : "";
    return codedError(
      Error,
      "ERR_INVALID_PACKAGE_CONFIG",
      `Invalid package config ${path}${from}.`,
    );
  }

  return {
    readPackageJSON(path: string, isESM?: boolean, base?: string, specifier?: string) {
      const isImported = isESM && base !== undefined && specifier !== undefined;
      return read(path, isImported ? { base, specifier } : undefined);
    },
    getNearestParentPackageJSON: (path: string) => nearest(parent(path)),
    getNearestParentPackageJSONType: (path: string) => nearest(parent(path))?.[2] ?? "none",
    getPackageScopeConfig: scope,
    getPackageType(resolved: string) {
      const found = scope(resolved);
      return typeof found === "string" || found[2] === "none" ? undefined : found[2];
    },

    enableCompileCache(folder: unknown): Enabled {
      if (typeof folder !== "string") {
        throw codedError(TypeError, "ERR_INVALID_ARG_TYPE", "cacheDir should be a string");
      }
      return CompileCache.of(env).enable(folder);
    },
    getCompileCacheDir: () => CompileCache.of(env).folder ?? "",
    flushCompileCache: () => CompileCache.of(env).flush(),
    compileCacheStatus: CACHE_STATUS,

    /** import.meta.dirname and filename. */
    setLazyPathHelpers(meta: object, url: string) {
      const { fileURLToPath } = env.requireBuiltin<{ fileURLToPath(url: string): string }>(
        "internal/url",
      );
      const filename = fileURLToPath(url);
      Object.assign(meta, { dirname: parent(filename) || "/", filename });
    },
  };
};

function parent(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function parsePackage(text: string, path: string): PackageFields | "invalid" {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return "invalid";
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) return "invalid";
  // A program may have given all objects a `name`.
  const own = Object.assign(Object.create(null), json) as Record<string, unknown>;
  const { name, main, type, imports, exports } = own;
  if (name !== undefined && typeof name !== "string") return "invalid";
  if (type !== undefined && typeof type !== "string") return "invalid";
  return [
    name,
    typeof main === "string" ? main : undefined,
    type === "module" || type === "commonjs" ? type : "none",
    serialized(imports),
    serialized(exports),
    path,
  ];
}

/** Objects and arrays as JSON, strings as they are; anything else counts as absent. */
function serialized(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "object" && value !== null ? JSON.stringify(value) : undefined;
}
