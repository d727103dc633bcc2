/**
 * Contexts of the vm module: global scopes of their own in one isolate (node_contextify.cc). In Node the
 * global object of such a context asks an interceptor, which looks into the program's object (the
 * sandbox). Here it has accessors for what the sandbox has, and a proxy as its prototype for the rest;
 * variables that a script declares are copied over when it ends.
 *
 * All of that is done by functions of the context itself. Where the engine lets no other context touch
 * its global object, a proxy stands for that outside of it.
 */
import { disguise } from "./disguised-proxies.ts";
import type { EngineContext } from "./engine.ts";
import type { Environment } from "./environment.ts";
import { refused } from "./errors.ts";

/** What the context's own functions do for us: SETUP makes it. */
interface Kit {
  readonly global: object;
  readonly reflect: typeof Reflect;
  readonly samples: readonly object[];
  setPrototype(prototype: object): void;
  /** Its errors' stacks are made as those of the main context. */
  formatStacks(format: unknown): void;
}

const GLOBALS =
  "Object Function Array Number parseFloat parseInt Infinity NaN undefined Boolean String Symbol Date " +
  "Promise RegExp Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError " +
  "URIError SuppressedError globalThis JSON Math Intl ArrayBuffer SharedArrayBuffer Atomics Uint8Array " +
  "Int8Array Uint16Array Int16Array Uint32Array Int32Array Float16Array Float32Array Float64Array " +
  "Uint8ClampedArray BigUint64Array BigInt64Array DataView Map BigInt Set Iterator WeakMap WeakSet " +
  "WeakRef Proxy Reflect FinalizationRegistry DisposableStack AsyncDisposableStack decodeURI " +
  "decodeURIComponent encodeURI encodeURIComponent escape unescape eval isFinite isNaN console " +
  "WebAssembly Temporal";
const CONSOLE =
  "debug error info log warn dir dirxml table trace group groupCollapsed groupEnd clear count " +
  "countReset assert profile profileEnd time timeLog timeEnd timeStamp context createTask";

/** A context begins as the snapshot's, with all of Node in it: only the language stays. */
const SETUP = `(() => {
  const global = globalThis;
  const { ownKeys, deleteProperty, defineProperty } = Reflect;
  const names = new Set(${JSON.stringify(GLOBALS.split(" "))});
  for (const key of ownKeys(global)) if (!names.has(key)) deleteProperty(global, key);
  deleteProperty(Error, "prepareStackTrace");
  Error.stackTraceLimit = 10;
  const console = {};
  for (const name of ${JSON.stringify(CONSOLE.split(" "))}) console[name] = { [name]() {} }[name];
  defineProperty(global, "console", {
    value: console, writable: true, enumerable: false, configurable: true,
  });
  if (global.SharedArrayBuffer === undefined) deleteProperty(global, "SharedArrayBuffer");
  return {
    global,
    reflect: Reflect,
    samples: [Promise.resolve(), ...["keys", "values", "entries"].map((name) => new Map()[name]()),
      ...["values", "entries"].map((name) => new Set()[name]())],
    setPrototype: (prototype) => Object.setPrototypeOf(global, prototype),
    formatStacks: (value) => defineProperty(Error, "prepareStackTrace", {
      value, writable: true, enumerable: false, configurable: true,
    }),
  };
})()`;

const { getOwnPropertyDescriptor, defineProperty, ownKeys } = Reflect;
const contexts = new WeakMap<object, VmContext>();

/** The context of a sandbox, or of what stands for a context's global object. */
export function contextOf(object: object): VmContext | undefined {
  return contexts.get(object);
}

export class VmContext {
  /** What the program knows the context by. */
  readonly object: object;
  readonly #context: EngineContext;
  readonly #sandbox: object | undefined;
  readonly #kit: Kit;
  readonly #outside: object;
  readonly #builtin: ReadonlySet<PropertyKey>;
  /** Keys of the sandbox that have accessors inside. */
  readonly #bound = new Set<PropertyKey>();
  /** Variables of scripts: V8 does not let them be replaced by accessors. */
  readonly #variables = new Set<PropertyKey>();

  /** `sandbox` is undefined for a context that is its global object, as with vm.constants.DONT_CONTEXTIFY. */
  constructor(env: Environment, sandbox: object | undefined) {
    const context = env.engine.createContext?.();
    if (!context) throw refused("vm.createContext()", "this engine has one global scope");
    this.#context = context;
    this.#kit = this.#context.runScript(SETUP, "node:vm") as Kit;
    this.#context.recognize(this.#kit.samples);
    this.#kit.formatStacks(Error.prepareStackTrace);
    this.#sandbox = sandbox;
    this.#builtin = new Set(this.#kit.reflect.ownKeys(this.#kit.global));
    this.#outside = context.isOpen ? this.#kit.global : this.#standIn(sandbox === undefined);
    this.object = sandbox ?? this.#outside;
    contexts.set(this.object, this);
    contexts.set(this.#outside, this);
    const { contextify_context_private_symbol: mark } = env.privateSymbols;
    defineProperty(this.object, mark, { value: this, configurable: true, writable: true });
    if (sandbox) this.#kit.setPrototype(new Proxy(Object.create(null), this.#handler(sandbox)));
  }

  /** Runs what `start` starts in the engine's context. */
  run(start: (context: EngineContext) => unknown): unknown {
    this.#bindSandbox();
    try {
      return this.#shown(start(this.#context));
    } finally {
      this.#takeVariables();
    }
  }

  #standIn(hasMark: boolean): object {
    const proxy = disguise(new Proxy({}, new GlobalHandler(this.#kit, () => this.#outside)));
    // Private symbols, by which lib/ knows a context, pass proxies by: an object in front has them.
    return hasMark ? Object.create(proxy) : proxy;
  }

  #shown(value: unknown): unknown {
    return value === this.#kit.global ? this.#outside : value;
  }

  /** Answers for names that the global object does not have itself. */
  #handler(sandbox: object): ProxyHandler<object> {
    const ObjectPrototype = this.#kit.reflect.get(this.#kit.global, "Object").prototype as object;
    return {
      has: (_, key) => Reflect.has(sandbox, key) || Reflect.has(ObjectPrototype, key),
      get: (_, key, receiver) =>
        Reflect.has(sandbox, key) && !(key in Object.prototype && !Object.hasOwn(sandbox, key))
          ? Reflect.get(sandbox, key)
          : Reflect.get(ObjectPrototype, key, receiver),
      set: (_, key, value) => Reflect.set(sandbox, key, value),
      getPrototypeOf: () => ObjectPrototype,
    };
  }

  #bindSandbox(): void {
    const sandbox = this.#sandbox;
    if (!sandbox) return;
    const { reflect, global } = this.#kit;
    for (const key of this.#bound) {
      if (Object.hasOwn(sandbox, key)) continue;
      reflect.deleteProperty(global, key);
      this.#bound.delete(key);
    }
    for (const key of this.#variables) {
      if (Object.hasOwn(sandbox, key)) reflect.set(global, key, Reflect.get(sandbox, key));
    }
    for (const key of ownKeys(sandbox)) this.#bind(sandbox, key);
  }

  #bind(sandbox: object, key: PropertyKey): void {
    if (this.#bound.has(key) || this.#variables.has(key)) return;
    const { reflect, global } = this.#kit;
    const enumerable = getOwnPropertyDescriptor(sandbox, key)?.enumerable ?? false;
    const isBound = reflect.defineProperty(global, key, {
      get: () => Reflect.get(sandbox, key),
      set: (value) => void Reflect.set(sandbox, key, value),
      enumerable,
      configurable: true,
    });
    if (isBound) this.#bound.add(key);
  }

  #takeVariables(): void {
    const sandbox = this.#sandbox;
    if (!sandbox) return;
    const { reflect, global } = this.#kit;
    for (const key of reflect.ownKeys(global)) {
      if (this.#bound.has(key)) continue;
      if (this.#builtin.has(key) && !this.#variables.has(key)) continue;
      const found = reflect.getOwnPropertyDescriptor(global, key);
      if (!found) continue;
      if ("value" in found) Reflect.set(sandbox, key, found.value);
      else defineProperty(sandbox, key, { ...found, configurable: true });
      if (found.configurable) this.#bind(sandbox, key);
      else this.#variables.add(key);
    }
  }
}

/** A context's global object, as other contexts see it. */
class GlobalHandler implements ProxyHandler<object> {
  readonly #kit: Kit;
  readonly #self: () => object;

  constructor(kit: Kit, self: () => object) {
    this.#kit = kit;
    this.#self = self;
  }

  get(_: object, key: PropertyKey): unknown {
    const value = this.#kit.reflect.get(this.#kit.global, key);
    return value === this.#kit.global ? this.#self() : value;
  }

  set(_: object, key: PropertyKey, value: unknown): boolean {
    return this.#kit.reflect.set(this.#kit.global, key, this.#inside(value));
  }

  has(_: object, key: PropertyKey): boolean {
    return this.#kit.reflect.has(this.#kit.global, key);
  }

  deleteProperty(_: object, key: PropertyKey): boolean {
    return this.#kit.reflect.deleteProperty(this.#kit.global, key);
  }

  ownKeys(): (string | symbol)[] {
    return this.#kit.reflect.ownKeys(this.#kit.global);
  }

  getOwnPropertyDescriptor(_: object, key: PropertyKey): PropertyDescriptor | undefined {
    const found = this.#kit.reflect.getOwnPropertyDescriptor(this.#kit.global, key);
    // A proxy may call nothing fixed that its target does not have.
    return found && { ...found, configurable: true };
  }

  defineProperty(_: object, key: PropertyKey, wanted: PropertyDescriptor): boolean {
    const { reflect, global } = this.#kit;
    const inside = "value" in wanted ? { ...wanted, value: this.#inside(wanted.value) } : wanted;
    return reflect.defineProperty(global, key, { ...inside, configurable: true });
  }

  getPrototypeOf(): object | null {
    return this.#kit.reflect.getPrototypeOf(this.#kit.global);
  }

  #inside(value: unknown): unknown {
    return value === this.#self() ? this.#kit.global : value;
  }
}
