/** The `process` object as node_process_object.cc makes it, and `process.env`. */
import { disguise } from "./disguised-proxies.ts";
import type { Environment, NodeProcess } from "./environment.ts";

/** What a program is told of its platform: the machine that the kernel's uname describes. */
const PLATFORM = "linux";
const ARCHITECTURE = "x64";

export function makeProcessObject(env: Environment): NodeProcess {
  // Its class has no name to reach it by but `process.constructor`.
  const object = Object.create(processClass().prototype) as NodeProcess;
  const { versions } = env.library;
  const fixed = (name: string, value: unknown) =>
    Object.defineProperty(object, name, { value, enumerable: true });
  fixed("version", `v${versions["node"]}`);
  fixed("versions", Object.freeze({ ...versions }));
  fixed("arch", ARCHITECTURE);
  fixed("platform", PLATFORM);
  fixed("release", {
    name: "node",
    lts: "Jod",
    sourceUrl: `https://nodejs.org/download/release/v${versions["node"]}/node-v${versions["node"]}.tar.gz`,
    headersUrl: `https://nodejs.org/download/release/v${versions["node"]}/node-v${versions["node"]}-headers.tar.gz`,
  });
  object[env.privateSymbols.exit_info_private_symbol] = new Int32Array(3);
  return object;
}

/** A class of the old kind: programs call `process.constructor` without `new`. */
function processClass(): { readonly prototype: object } {
  // Named by its property, a name that no minifier takes away: V8's errors say "of #<process>".
  const { process } = {
    // biome-ignore lint/complexity/useArrowFunction: an arrow has no prototype.
    process: function () {},
  };
  return process as unknown as { readonly prototype: object };
}

/** A map of strings that looks like an object: names without `=`, values turned into strings. */
export function environmentProxy(envp: readonly string[]): Record<string, string> {
  const entries = Object.create(Object.prototype) as Record<string, string>;
  for (const entry of envp) {
    const at = entry.indexOf("=");
    if (at > 0) set(entries, entry.slice(0, at), entry.slice(at + 1));
  }
  const proxy = new Proxy(entries, {
    set(target, name, value) {
      if (typeof name === "symbol" || typeof value === "symbol") {
        throw new TypeError("Cannot convert a Symbol value to a string");
      }
      if (name !== "") set(target, name, String(value));
      return true;
    },
    defineProperty(target, name, descriptor) {
      if ("value" in descriptor) {
        if (!descriptor.configurable || !descriptor.writable || !descriptor.enumerable) {
          throw definitionError(
            "'process.env' only accepts a configurable, writable, and enumerable data descriptor",
          );
        }
        if (typeof name === "symbol" || typeof descriptor.value === "symbol") {
          throw new TypeError("Cannot convert a Symbol value to a string");
        }
        set(target, name, String(descriptor.value));
        return true;
      }
      throw definitionError(
        "get" in descriptor || "set" in descriptor
          ? "'process.env' does not accept an accessor(getter/setter) descriptor"
          : "'process.env' only accepts a configurable, writable, and enumerable data descriptor",
      );
    },
  });
  return disguise(proxy);
}

function set(target: Record<string, string>, name: string, value: string): void {
  Object.defineProperty(target, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

function definitionError(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: "ERR_INVALID_OBJECT_DEFINE_PROPERTY" });
}
