/**
 * Contexts of the vm module where the engine gives no second global scope: a script runs inside `with` an
 * object that has the language's names, so what it reads, sets and declares is that object's. The
 * language's objects are those of the program itself, which a script can tell, and what it declares by
 * `let`, `const` and `class` later scripts find as if it were `var`.
 */
import { LANGUAGE } from "../confinement.ts";
import { type ParseScript, type Prepared, prepareScript } from "./scope-script.ts";

/** Compiles in the worker's own scope. */
export type Compile = (source: string) => unknown;

type Run = (scope: object, source: string) => unknown;

/** What a prepared script calls to hand over a declaration of its own. */
const DECLARE = "isopodDeclare";
/** `this` is the context's global object. The two names are hidden as far as any script goes. */
const RUNNER = `(function (isopodScope, isopodSource) { with (isopodScope) return eval(isopodSource); })
//# sourceURL=isopod:node`;

const { defineProperty, getOwnPropertyDescriptor } = Reflect;
const NativeProxy = Proxy;
const NativeReferenceError = ReferenceError;
const real = globalThis;

export class ScopeContext {
  readonly #global: Record<PropertyKey, unknown> = {};
  readonly #scope: object;
  readonly #run: Run;
  readonly #parse: ParseScript;
  /** Names that some script assigns to, or asks the type of: they may be missing. */
  readonly #lenient = new Set<PropertyKey>();
  /** What a script hands over right now: there it means its own. */
  #declaring: PropertyKey | undefined;

  constructor(parse: ParseScript, compile: Compile) {
    this.#parse = parse;
    this.#run = compile(RUNNER) as Run;
    for (const name of [...LANGUAGE, "WebAssembly"]) {
      const found = getOwnPropertyDescriptor(real, name);
      if (found) defineProperty(this.#global, name, found);
    }
    this.#define("globalThis", this.#global);
    this.#define("Error", quiet(Error));
    this.#scope = new NativeProxy(this.#global, this.#handler());
  }

  runScript(source: string, filename: string): unknown {
    const prepared = prepareScript(source, DECLARE, this.#parse);
    for (const name of prepared.lenient) this.#lenient.add(name);
    for (const name of prepared.variables) {
      if (!(name in this.#global)) this.#define(name, undefined);
    }
    return Reflect.apply(this.#run, this.#global, [this.#scope, named(prepared, filename)]);
  }

  #handler(): ProxyHandler<object> {
    const declare = (name: string, read: () => unknown): void => {
      this.#declaring = name;
      const value = read();
      this.#declaring = undefined;
      this.#global[name] = value;
    };
    return {
      has: (_, key) => {
        if (typeof key === "symbol" || key === this.#declaring) return false;
        return key === DECLARE || key in this.#global || key in real || this.#lenient.has(key);
      },
      get: (_, key) => {
        if (key === Symbol.unscopables) return undefined;
        if (key === DECLARE) return declare;
        if (key in this.#global) return this.#global[key];
        if (this.#lenient.has(key)) return undefined;
        throw new NativeReferenceError(`${String(key)} is not defined`);
      },
      set: (_, key, value) => Reflect.set(this.#global, key, value),
    };
  }

  #define(name: string, value: unknown): void {
    defineProperty(this.#global, name, {
      value,
      writable: true,
      enumerable: !LANGUAGE.has(name),
      configurable: true,
    });
  }
}

function named({ source }: Prepared, filename: string): string {
  return `${source}\n//# sourceURL=${filename}`;
}

/** What a context does to its Error is not to be done to the program's. */
function quiet(target: ErrorConstructor): ErrorConstructor {
  const done = () => true;
  return new NativeProxy(target, { deleteProperty: done, defineProperty: done, set: done });
}
