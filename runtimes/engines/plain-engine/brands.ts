/**
 * What an object is, where only the language itself can be asked. Proxies are known because the
 * constructor keeps note of those that it makes; what no method of the language tells is guessed by the
 * prototype.
 */

type Details = readonly [target: object | null, handler: object | null];

const { apply, construct, setPrototypeOf } = Reflect;
const { getPrototypeOf, hasOwn, create } = Object;
const { isPrototypeOf: inherits } = Object.prototype;
const PromisePrototype = Promise.prototype;
const { then } = PromisePrototype;
const proxies = new WeakMap<object, Details>();
const { get: getProxy, set: setProxy } = WeakMap.prototype;
const GeneratorPrototype = getPrototypeOf(function* () {}).prototype as object;
const AsyncGeneratorPrototype = getPrototypeOf(async function* () {}).prototype as object;
const MapIteratorPrototype = getPrototypeOf(new Map().keys()) as object;
const SetIteratorPrototype = getPrototypeOf(new Set().keys()) as object;

export function proxyDetails(value: object): Details | undefined {
  return apply(getProxy, proxies, [value]) as Details | undefined;
}

/** Replaces the global constructor by one that keeps note; before any program, and before lib/. */
export function noteProxies(): void {
  const { Proxy: Native } = globalThis;
  const { revocable } = Native;
  const note = (proxy: object, target: object, handler: object) =>
    apply(setProxy, proxies, [proxy, [target, handler]]);
  function Noting(target: object, handler: object): object {
    if (!new.target) throw new TypeError("Constructor Proxy requires 'new'");
    const proxy = construct(Native, [target, handler]) as object;
    note(proxy, target, handler);
    return proxy;
  }
  Object.defineProperty(Noting, "name", { value: "Proxy", configurable: true });
  Reflect.deleteProperty(Noting, "prototype");
  Object.defineProperty(Noting, "prototype", { value: undefined, writable: false });
  Object.defineProperty(Noting, "revocable", {
    value: {
      revocable(target: object, handler: object) {
        const made = apply(revocable, Native, [target, handler]) as ReturnType<typeof revocable>;
        const { revoke, proxy } = made;
        note(proxy, target, handler);
        made.revoke = () => {
          apply(setProxy, proxies, [proxy, [null, null]]);
          revoke();
        };
        return made;
      },
    }.revocable,
    writable: true,
    configurable: true,
  });
  (globalThis as { Proxy: unknown }).Proxy = Noting;
}

/** Stands for the prototype of what may be a promise: `then` asks it for a constructor once it knows. */
const witness = {};
const guard = create(null, {
  constructor: {
    get() {
      throw witness;
    },
  },
}) as object;
const provenPromises = new WeakSet<object>();

/** A promise that has lost `Promise.prototype` is not recognised. */
export function isPromise(value: object): boolean {
  if (!apply(inherits, PromisePrototype, [value]) || proxyDetails(value)) return false;
  if (provenPromises.has(value)) return true;
  if (!provePromise(value)) return false;
  provenPromises.add(value);
  return true;
}

/** `then` looks at the brand, then at `constructor`, and only then does something. */
function provePromise(value: object): boolean {
  if (hasOwn(value, "constructor")) return getPrototypeOf(value) === PromisePrototype;
  const prototype = getPrototypeOf(value);
  if (!setPrototypeOf(value, guard)) return prototype === PromisePrototype;
  try {
    apply(then, value, []);
    return false;
  } catch (reason) {
    return reason === witness;
  } finally {
    setPrototypeOf(value, prototype);
  }
}

export function isGenerator(value: object): boolean {
  return (
    apply(inherits, GeneratorPrototype, [value]) ||
    apply(inherits, AsyncGeneratorPrototype, [value])
  );
}

export function iteratorKind(value: object): "map" | "set" | undefined {
  const prototype = getPrototypeOf(value);
  if (prototype === MapIteratorPrototype) return "map";
  return prototype === SetIteratorPrototype ? "set" : undefined;
}
