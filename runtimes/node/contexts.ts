/**
 * Contexts of the vm module: global scopes of their own in one isolate (node_contextify.cc). In Node the
 * global object of such a context asks an interceptor, which looks into the program's object (the
 * sandbox). Here it has accessors for what the sandbox has, and a proxy as its prototype for the rest;
 * reflection on it is answered from the sandbox (context-kit.ts). Functions that a script declares are
 * copied over when it ends; its variables are accessors before it begins.
 *
 * All of that is done by functions of the context itself. Where the engine lets no other context touch
 * its global object, a proxy stands for that outside of it.
 */
import {
  type InstallReflection,
  type Kit,
  REFLECTION,
  type Reflected,
  SETUP,
} from "./context-kit.ts";
import { GlobalHandler } from "./context-stand-in.ts";
import type { Declared } from "./context-variables.ts";
import { disguise } from "./disguised-proxies.ts";
import type { EngineContext } from "./engine.ts";
import type { Environment } from "./environment.ts";
import { refused } from "./errors.ts";
import { BUNDLE } from "./stack-traces.ts";

export interface ContextOptions {
  /** Whether code may be made of strings, and of WebAssembly's bytes. */
  readonly strings: boolean;
  readonly wasm: boolean;
  /** Microtasks run when a script ends, and count to its time. */
  readonly runsMicrotasks: boolean;
}

// A program may put others into their places.
const { get, set, has, deleteProperty, getOwnPropertyDescriptor, defineProperty, ownKeys } =
  Reflect;
const { hasOwn, isExtensible } = Object;
const ownReflect = Object.fromEntries(
  ownKeys(Reflect).map((name) => [name, get(Reflect, name)]),
) as typeof Reflect;
const contexts = new WeakMap<object, VmContext>();
const reflecting = new WeakSet<Environment>();

/** The context of a sandbox, or of what stands for a context's global object. */
export function contextOf(object: object): VmContext | undefined {
  return contexts.get(object);
}

export class VmContext {
  /** What the program knows the context by. */
  readonly object: object;
  readonly #env: Environment;
  readonly #context: EngineContext;
  readonly #sandbox: object | undefined;
  readonly #kit: Kit;
  readonly #options: ContextOptions;
  readonly #outside: object;
  /** Properties that are there whatever the sandbox has. */
  readonly #builtin: Map<PropertyKey, PropertyDescriptor>;
  /** Keys of the sandbox that have accessors inside, and these accessors' attributes. */
  readonly #bound = new Map<PropertyKey, number>();
  /** Variables of scripts: deleting them does nothing. */
  readonly #variables = new Set<PropertyKey>();
  /** Functions of scripts: V8 does not let them be replaced by accessors. */
  readonly #fixed = new Set<PropertyKey>();
  /** A proxy says what it has when it is asked. */
  readonly #isDynamic: boolean;

  /** `sandbox` is undefined for a context that is its global object, as with vm.constants.DONT_CONTEXTIFY. */
  constructor(env: Environment, sandbox: object | undefined, options: ContextOptions) {
    const context = env.engine.createContext?.();
    if (!context) throw refused("vm.createContext()", "this engine has one global scope");
    this.#env = env;
    this.#context = context;
    this.#options = options;
    const kit = context.runScript(SETUP, BUNDLE) as Kit;
    // In an engine of one realm, reflection may have been replaced by then.
    this.#kit = kit.realm === Object ? { ...kit, reflect: ownReflect } : kit;
    context.recognize(this.#kit.samples);
    this.#kit.formatStacks(Error.prepareStackTrace);
    if (!options.strings) this.#kit.forbidStrings(kit.realm === Object);
    if (!options.wasm) this.#kit.forbidWasm();
    this.#sandbox = sandbox;
    this.#isDynamic = sandbox !== undefined && env.engine.proxyDetails(sandbox) !== undefined;
    const { reflect, global } = this.#kit;
    this.#builtin = new Map(
      reflect
        .ownKeys(global)
        .map((key) => [key, reflect.getOwnPropertyDescriptor(global, key) as PropertyDescriptor]),
    );
    this.#outside = context.isOpen ? global : this.#standIn(sandbox === undefined);
    this.object = sandbox ?? this.#outside;
    contexts.set(this.object, this);
    contexts.set(this.#outside, this);
    const { contextify_context_private_symbol: mark } = env.privateSymbols;
    const descriptor = { value: this, writable: true, enumerable: false, configurable: true };
    // A proxy takes a private symbol so, an object that takes no more properties the other way.
    if (!defineProperty(this.object, mark, descriptor)) set(this.object, mark, this);
    if (!sandbox) return;
    reflected.set(global, this.#reflected(sandbox));
    this.#kit.setPrototype(new Proxy(Object.create(null), this.#handler(sandbox)));
    this.#installReflection();
  }

  /** Runs what `start` starts in the engine's context. */
  run(start: (context: EngineContext) => unknown, declared?: Declared, timeout?: number): unknown {
    this.#bindSandbox();
    this.#declare(declared);
    try {
      return this.#shown(start(this.#context));
    } finally {
      this.#takeNew(declared);
      if (this.#options.runsMicrotasks) this.#runMicrotasks(timeout);
    }
  }

  /** Gives its scripts a name for what is no business of the sandbox. */
  lend(name: string, value: unknown): void {
    const descriptor = { value, writable: false, enumerable: false, configurable: true };
    this.#builtin.set(name, descriptor);
    this.#kit.reflect.defineProperty(this.#kit.global, name, descriptor);
  }

  /** Within the time that a script has, since they may go on for ever. */
  #runMicrotasks(timeout: number | undefined): void {
    const { engine } = this.#env;
    const { reflect, global } = this.#kit;
    const name = "isopodMicrotasks";
    const value = () => engine.runMicrotasks();
    reflect.defineProperty(global, name, { value, configurable: true });
    try {
      engine.compileScript(`${name}()`, BUNDLE).run(timeout, this.#context);
    } finally {
      reflect.deleteProperty(global, name);
    }
  }

  #standIn(hasMark: boolean): object {
    const find = () => reflected.get(this.#kit.global);
    const handler = new GlobalHandler(this.#kit, () => this.#outside, find);
    const proxy = disguise(new Proxy({}, handler));
    // Private symbols, by which lib/ knows a context, pass proxies by: an object in front has them.
    return hasMark ? Object.create(proxy) : proxy;
  }

  #shown(value: unknown): unknown {
    return value === this.#kit.global ? this.#outside : value;
  }

  /** Inside, the sandbox is the global object. */
  #read(sandbox: object, key: PropertyKey): unknown {
    const value = get(sandbox, key);
    return value === sandbox || value === this.#outside ? this.#kit.global : value;
  }

  /** Both realms' reflection finds the sandbox behind the global object; the program's once it has a context. */
  #installReflection(): void {
    const find = (target: unknown) => reflected.get(target as object);
    // An engine of one realm has one set of functions for all contexts.
    if (this.#kit.realm !== Object) {
      (this.#context.runScript(REFLECTION, BUNDLE) as InstallReflection)(find);
    }
    if (!this.#context.isOpen || reflecting.has(this.#env)) return;
    reflecting.add(this.#env);
    (this.#env.engine.runScript(REFLECTION, BUNDLE) as InstallReflection)(find);
  }

  #reflected(sandbox: object): Reflected {
    const { reflect, global } = this.#kit;
    return {
      descriptor: (key) => {
        this.#noticeDeletion(sandbox, key);
        return (
          getOwnPropertyDescriptor(sandbox, key) ?? reflect.getOwnPropertyDescriptor(global, key)
        );
      },
      define: (key, descriptor) => {
        this.#noticeDeletion(sandbox, key);
        const { writable, configurable } = this.#builtin.get(key) ?? {};
        const isFixed = writable === false && configurable === false;
        if (isFixed || (!isExtensible(sandbox) && !hasOwn(sandbox, key))) {
          return reflect.defineProperty(global, key, descriptor);
        }
        if (!defineProperty(sandbox, key, descriptor)) return false;
        this.#bind(sandbox, key);
        return true;
      },
      update: () => this.#bindSandbox(true),
    };
  }

  /** Answers for names that the global object does not have itself. */
  #handler(sandbox: object): ProxyHandler<object> {
    const ObjectPrototype = this.#kit.reflect.get(this.#kit.global, "Object").prototype as object;
    return {
      has: (_, key) => {
        this.#noticeDeletion(sandbox, key);
        return has(sandbox, key) || has(ObjectPrototype, key);
      },
      get: (_, key, receiver) => {
        this.#noticeDeletion(sandbox, key);
        return has(sandbox, key) ? this.#read(sandbox, key) : get(ObjectPrototype, key, receiver);
      },
      set: (_, key, value) => {
        if (typeof key === "symbol" && !has(sandbox, key)) {
          const { reflect, global } = this.#kit;
          const attributes = { writable: true, enumerable: true, configurable: true };
          return reflect.defineProperty(global, key, { value, ...attributes });
        }
        const isSet = set(sandbox, key, value);
        if (hasOwn(sandbox, key)) this.#bind(sandbox, key);
        return isSet;
      },
      getPrototypeOf: () => ObjectPrototype,
    };
  }

  /** Whoever asks the prototype for what has an accessor, does so because the program deleted that. */
  #noticeDeletion(sandbox: object, key: PropertyKey): void {
    const { reflect, global } = this.#kit;
    if (!this.#bound.has(key) || reflect.getOwnPropertyDescriptor(global, key)) return;
    this.#bound.delete(key);
    if (this.#variables.has(key)) this.#bind(sandbox, key);
    else deleteProperty(sandbox, key);
  }

  /** What the sandbox has by now; with `attributes`, also what became of what it had. */
  #bindSandbox(attributes = false): void {
    const sandbox = this.#sandbox;
    if (!sandbox) return;
    const { reflect, global } = this.#kit;
    for (const key of this.#bound.keys()) {
      this.#noticeDeletion(sandbox, key);
      if (this.#bound.has(key) && !hasOwn(sandbox, key)) this.#unbind(key);
    }
    for (const key of this.#fixed) {
      if (hasOwn(sandbox, key)) reflect.set(global, key, get(sandbox, key));
    }
    for (const key of this.#isDynamic ? this.#shadowing(sandbox) : ownKeys(sandbox)) {
      if (attributes || !this.#bound.has(key)) this.#bind(sandbox, key);
    }
  }

  /** Keys of a proxy that the language has too: all others it is asked for. */
  #shadowing(sandbox: object): PropertyKey[] {
    return [...this.#builtin.keys()].filter((key) => has(sandbox, key));
  }

  #bind(sandbox: object, key: PropertyKey): void {
    if (this.#fixed.has(key) || (this.#isDynamic && !this.#builtin.has(key))) return;
    const { reflect, global } = this.#kit;
    const found = this.#isDynamic ? undefined : getOwnPropertyDescriptor(sandbox, key);
    const { enumerable = false, configurable = this.#isDynamic } = found ?? {};
    const isFinal = found?.writable === false && !configurable;
    const attributes = (enumerable ? 1 : 0) | (configurable ? 2 : 0);
    if (this.#bound.get(key) === attributes) return;
    const access: PropertyDescriptor = isFinal
      ? { value: this.#read(sandbox, key), writable: false }
      : {
          get: () => this.#read(sandbox, key),
          set: (value) => void set(sandbox, key, value),
        };
    const isBound = reflect.defineProperty(global, key, { ...access, enumerable, configurable });
    if (isBound) this.#bound.set(key, attributes);
  }

  #unbind(key: PropertyKey): void {
    const { reflect, global } = this.#kit;
    this.#bound.delete(key);
    this.#variables.delete(key);
    reflect.deleteProperty(global, key);
    const builtin = this.#builtin.get(key);
    if (builtin) reflect.defineProperty(global, key, builtin);
  }

  /** Variables that the script is about to declare. */
  #declare(declared: Declared | undefined): void {
    const sandbox = this.#sandbox;
    if (!sandbox || !declared) return;
    for (const name of declared.variables) {
      if (this.#builtin.has(name) || this.#fixed.has(name)) continue;
      if (!hasOwn(sandbox, name)) set(sandbox, name, undefined);
      this.#bind(sandbox, name);
      this.#variables.add(name);
    }
  }

  #takeNew(declared: Declared | undefined): void {
    const sandbox = this.#sandbox;
    if (!sandbox) return;
    const { reflect, global } = this.#kit;
    const functions = new Set<PropertyKey>(declared?.functions);
    for (const key of this.#bound.keys()) this.#noticeDeletion(sandbox, key);
    for (const key of reflect.ownKeys(global)) {
      // A symbol that the sandbox has not is the global object's alone.
      if (typeof key === "symbol") continue;
      const isBound = this.#bound.has(key);
      if (isBound && !functions.has(key)) continue;
      const found = reflect.getOwnPropertyDescriptor(global, key);
      if (!found || this.#isBuiltin(key, found)) continue;
      // A function takes the place of an accessor.
      if (isBound && !("value" in found)) continue;
      this.#bound.delete(key);
      if ("value" in found) set(sandbox, key, found.value);
      else defineProperty(sandbox, key, { ...found, configurable: true });
      if (found.configurable) this.#bind(sandbox, key);
      else this.#fixed.add(key);
    }
  }

  #isBuiltin(key: PropertyKey, found: PropertyDescriptor): boolean {
    const builtin = this.#builtin.get(key);
    return builtin !== undefined && Object.is(builtin.value, found.value);
  }
}

/** By the global objects of contexts with a sandbox. */
const reflected = new WeakMap<object, Reflected>();
