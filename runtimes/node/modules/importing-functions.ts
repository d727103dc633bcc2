/**
 * import() in what `Function` and its kin compile: the engine refuses it there too, and shows no text
 * before it compiles. So proxies stand for the constructors, and functions that have import() are made
 * anew with a call in its place. Modules are looked for from the script that called, as in Node.
 */
import { disguise } from "../disguised-proxies.ts";
import type { Environment } from "../environment.ts";
import { callSites } from "../stack-traces.ts";
import { replaceImports } from "./dynamic-imports.ts";
import { freeName, moduleHost } from "./host.ts";

type Constructor = new (...args: string[]) => (...args: never[]) => unknown;

const { construct, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, setPrototypeOf } =
  Reflect;
const plainFunction = Function as unknown as Constructor;

const KINDS: readonly (readonly [head: string, instance: object])[] = [
  ["function", () => {}],
  ["function*", function* () {}],
  ["async function", async () => {}],
  ["async function*", async function* () {}],
];

/** After lib/ has taken what it uses. */
export function letFunctionsImport(env: Environment): void {
  for (const [head, instance] of KINDS) {
    const prototype = getPrototypeOf(instance) as { constructor: Constructor };
    const original = prototype.constructor;
    const make = (args: unknown[], newTarget: unknown): object => {
      const isOwn = newTarget === proxy;
      const made = construct(original, args, isOwn ? original : (newTarget as Constructor));
      return importing(env, head, made, args) ?? made;
    };
    const proxy: Constructor = disguise(
      new Proxy(original, {
        apply: (_, __, args) => make(args, proxy),
        construct: (_, args, newTarget) => make(args, newTarget),
      }),
    );
    replace(prototype, "constructor", proxy);
    if (original === plainFunction) replace(globalThis, "Function", proxy);
  }
}

/** `made`, which compiles, once more with its import() at work; undefined where it has none. */
function importing(
  env: Environment,
  head: string,
  made: object,
  args: readonly unknown[],
): object | undefined {
  const body = args.at(-1);
  if (typeof body !== "string" || !args.every((arg) => typeof arg === "string")) return undefined;
  const host = moduleHost(env);
  const found = host.importsIn(body);
  if (found.length === 0) return undefined;
  const parameters = args.slice(0, -1).join(",");
  const name = freeName(parameters + body);
  const text = replaceImports(body, found, `${name}.imp`);
  const outer = new plainFunction(
    name,
    `return ${head} anonymous(${parameters}\n) {\n${text}\n}`,
  ) as (host: object) => object;
  const caller = callSites(1)[0]?.getScriptNameOrSourceURL() ?? "";
  const id = env.symbols.vm_dynamic_import_default_internal;
  const again = outer({ imp: host.importer(id, caller) });
  setPrototypeOf(again, getPrototypeOf(made));
  return again;
}

function replace(holder: object, name: string, value: unknown): void {
  defineProperty(holder, name, { ...getOwnPropertyDescriptor(holder, name), value });
}
