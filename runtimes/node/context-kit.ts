/**
 * What a context of the vm module does for us in its own realm (contexts.ts): texts that are run there,
 * so that all they make is of that realm, and what they answer with.
 */

/** What the context's own functions do for us: SETUP makes it. */
export interface Kit {
  readonly global: object;
  /** Its `Object`. */
  readonly realm: unknown;
  /** Its `Reflect`, as it is at the beginning. */
  readonly reflect: typeof Reflect;
  readonly samples: readonly object[];
  setPrototype(prototype: object): void;
  /** Its errors' stacks are made as those of the main context. */
  formatStacks(format: unknown): void;
  /** No code is made of strings, as with `codeGeneration: { strings: false }`; others may share the realm. */
  forbidStrings(isShared: boolean): void;
  forbidWasm(): void;
}

/** How a contextified global object answers to reflection: as the interceptors of Node do. */
export interface Reflected {
  descriptor(key: PropertyKey): PropertyDescriptor | undefined;
  define(key: PropertyKey, descriptor: PropertyDescriptor): boolean;
  /** Afterwards the engine's own reflection knows all keys. */
  update(): void;
}

/** Makes a realm's reflection ask for what stands behind global objects. */
export type InstallReflection = (find: (target: unknown) => Reflected | undefined) => void;

const GLOBALS =
  "Object Function Array Number parseFloat parseInt Infinity NaN undefined Boolean String Symbol Date " +
  "Promise RegExp Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError " +
  "URIError globalThis JSON Math Intl ArrayBuffer SharedArrayBuffer Atomics Uint8Array " +
  "Int8Array Uint16Array Int16Array Uint32Array Int32Array Float32Array Float64Array " +
  "Uint8ClampedArray BigUint64Array BigInt64Array DataView Map BigInt Set Iterator WeakMap WeakSet " +
  "WeakRef Proxy Reflect FinalizationRegistry decodeURI " +
  "decodeURIComponent encodeURI encodeURIComponent escape unescape eval isFinite isNaN console " +
  "WebAssembly";
const CONSOLE =
  "debug error info log warn dir dirxml table trace group groupCollapsed groupEnd clear count " +
  "countReset assert profile profileEnd time timeLog timeEnd timeStamp context createTask";

/** A context begins as the snapshot's, with all of Node in it: only the language stays. */
export const SETUP = `(() => {
  const global = globalThis;
  const { ownKeys, deleteProperty, defineProperty, getPrototypeOf } = Reflect;
  const names = new Set(${JSON.stringify(GLOBALS.split(" "))});
  for (const key of ownKeys(global)) {
    // V8 may leave SharedArrayBuffer, which a snapshot lacks, where \`for in\` finds it.
    if (names.has(key)) defineProperty(global, key, { enumerable: false });
    else deleteProperty(global, key);
  }
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
    realm: Object,
    reflect: Object.fromEntries(ownKeys(Reflect).map((name) => [name, Reflect[name]])),
    samples: [Promise.resolve(), ...["keys", "values", "entries"].map((name) => new Map()[name]()),
      ...["values", "entries"].map((name) => new Set()[name]())],
    setPrototype: (prototype) => Object.setPrototypeOf(global, prototype),
    formatStacks: (value) => defineProperty(Error, "prepareStackTrace", {
      value, writable: true, enumerable: false, configurable: true,
    }),
    forbidStrings(isShared) {
      const refuse = () => {
        throw new EvalError("Code generation from strings disallowed for this context");
      };
      const replace = (holder, key, value) => defineProperty(holder, key, { value });
      const refused = (maker) => new Proxy(maker, { apply: refuse, construct: refuse });
      replace(global, "eval", { eval: (code) => (typeof code === "string" ? refuse() : code) }.eval);
      replace(global, "Function", refused(Function));
      if (isShared) return;
      replace(Function.prototype, "constructor", global.Function);
      for (const maker of [async function () {}, function* () {}, async function* () {}]) {
        const prototype = getPrototypeOf(maker);
        replace(prototype, "constructor", refused(prototype.constructor));
      }
    },
    forbidWasm() {
      const shared = global.WebAssembly;
      const WebAssembly = Object.create(
        getPrototypeOf(shared), Object.getOwnPropertyDescriptors(shared),
      );
      defineProperty(global, "WebAssembly", { value: WebAssembly });
      const { CompileError } = WebAssembly;
      const reason = "Wasm code generation disallowed by embedder";
      const refuse = (name) => { throw new CompileError("WebAssembly." + name + "(): " + reason); };
      const replace = (key, value) => defineProperty(WebAssembly, key, { value });
      replace("Module", new Proxy(WebAssembly.Module, { construct: () => refuse("Module") }));
      const instantiate = WebAssembly.instantiate;
      for (const name of ["compile", "compileStreaming", "instantiateStreaming"]) {
        if (WebAssembly[name]) replace(name, { async [name]() { refuse(name); } }[name]);
      }
      replace("instantiate", { async instantiate(source, imports) {
        if (!(source instanceof WebAssembly.Module)) refuse("instantiate");
        return instantiate(source, imports);
      } }.instantiate);
    },
  };
})()`;

/**
 * An InstallReflection for the realm that it is run in. Its functions pass for the engine's own; one that
 * the program has replaced is what they call.
 */
export const REFLECTION = `((find) => {
  const { apply, defineProperty, getOwnPropertyDescriptor, ownKeys } = Reflect;
  const natives = new WeakMap();
  const { get: nativeOf } = WeakMap.prototype;
  const stand = (holder, name, make) => {
    const found = getOwnPropertyDescriptor(holder, name);
    if (!found || typeof found.value !== "function") return;
    const native = found.value;
    const wrapper = make(native)[name];
    defineProperty(wrapper, "length", { value: native.length });
    natives.set(wrapper, native);
    defineProperty(holder, name, { value: wrapper });
  };
  const known = (target) =>
    typeof target === "object" && target !== null ? find(target) : undefined;
  const key = (value) => (typeof value === "symbol" ? value : \`\${value}\`);
  const own = (descriptor) => descriptor && { ...descriptor };
  const define = (target, name, descriptor) => {
    if (typeof descriptor !== "object" && typeof descriptor !== "function" || descriptor === null) {
      throw new TypeError("Property description must be an object: " + String(descriptor));
    }
    if (!target.define(name, descriptor)) {
      throw new TypeError("Cannot redefine property: " + String(name));
    }
  };

  stand(Object, "getOwnPropertyDescriptor", (native) => ({
    getOwnPropertyDescriptor(target, name) {
      const found = known(target);
      return found ? own(found.descriptor(key(name))) : native(target, name);
    },
  }));
  stand(Reflect, "getOwnPropertyDescriptor", (native) => ({
    getOwnPropertyDescriptor(target, name) {
      const found = known(target);
      return found ? own(found.descriptor(key(name))) : native(target, name);
    },
  }));
  stand(Object, "getOwnPropertyDescriptors", (native) => ({
    getOwnPropertyDescriptors(target) {
      const found = known(target);
      if (!found) return native(target);
      found.update();
      const all = {};
      for (const name of ownKeys(target)) all[name] = own(found.descriptor(name));
      return all;
    },
  }));
  stand(Object, "defineProperty", (native) => ({
    defineProperty(target, name, descriptor) {
      const found = known(target);
      if (!found) return native(target, name, descriptor);
      define(found, key(name), descriptor);
      return target;
    },
  }));
  stand(Reflect, "defineProperty", (native) => ({
    defineProperty(target, name, descriptor) {
      const found = known(target);
      return found ? found.define(key(name), descriptor) : native(target, name, descriptor);
    },
  }));
  stand(Object, "defineProperties", (native) => ({
    defineProperties(target, descriptors) {
      const found = known(target);
      if (!found) return native(target, descriptors);
      for (const name of ownKeys(descriptors)) {
        if (getOwnPropertyDescriptor(descriptors, name).enumerable) {
          define(found, name, descriptors[name]);
        }
      }
      return target;
    },
  }));
  for (const [name, part] of [["__lookupGetter__", "get"], ["__lookupSetter__", "set"]]) {
    stand(Object.prototype, name, (native) => ({
      [name](property) {
        const found = known(this);
        const descriptor = found?.descriptor(key(property));
        return descriptor ? descriptor[part] : apply(native, this, [property]);
      },
    }));
  }
  for (const [holder, names] of [
    [Object, ["keys", "values", "entries", "getOwnPropertyNames", "getOwnPropertySymbols", "hasOwn"]],
    [Reflect, ["ownKeys"]],
  ]) {
    for (const name of names) {
      stand(holder, name, (native) => ({
        [name](target, property) {
          known(target)?.update();
          return native(target, property);
        },
      }));
    }
  }
  stand(Function.prototype, "toString", (native) => ({
    toString() {
      return apply(native, apply(nativeOf, natives, [this]) ?? this, []);
    },
  }));
})`;
