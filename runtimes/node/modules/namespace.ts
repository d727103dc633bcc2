/**
 * Module namespace objects: an ordinary object cannot be one, so a proxy is. Its target has the properties
 * that V8 shows (writable, not configurable), which lets the proxy answer any value.
 * ECMA-262, 10.4.6 (Module Namespace Exotic Objects).
 */
const { defineProperty, getOwnPropertyDescriptor } = Object;
const ReflectGet = Reflect.get;
const ReflectHas = Reflect.has;

const namespaces = new WeakSet<object>();

/** Whether `value` is a namespace; util.types asks, and no proxy is to be seen there. */
export function isModuleNamespace(value: unknown): boolean {
  return typeof value === "object" && value !== null && namespaces.has(value);
}

export function makeNamespace(exports: ReadonlyMap<string, () => unknown>): object {
  const names = [...exports.keys()].sort(byCodeUnits);
  const target: Record<string | symbol, unknown> = Object.create(null);
  for (const name of names) {
    defineProperty(target, name, { value: undefined, writable: true, enumerable: true });
  }
  defineProperty(target, Symbol.toStringTag, { value: "Module" });
  Object.preventExtensions(target);
  const keys: readonly (string | symbol)[] = [...names, Symbol.toStringTag];
  const namespace = new Proxy(target, new NamespaceHandler(exports, keys));
  namespaces.add(namespace);
  return namespace;
}

class NamespaceHandler implements ProxyHandler<Record<string | symbol, unknown>> {
  readonly #exports: ReadonlyMap<string, () => unknown>;
  readonly #keys: readonly (string | symbol)[];

  constructor(exports: ReadonlyMap<string, () => unknown>, keys: readonly (string | symbol)[]) {
    this.#exports = exports;
    this.#keys = keys;
  }

  get(target: Record<string | symbol, unknown>, key: string | symbol): unknown {
    const read = this.#exports.get(key as string);
    return read ? read() : ReflectGet(target, key);
  }

  getOwnPropertyDescriptor(
    target: Record<string | symbol, unknown>,
    key: string | symbol,
  ): PropertyDescriptor | undefined {
    const read = this.#exports.get(key as string);
    if (!read) return getOwnPropertyDescriptor(target, key);
    return { value: read(), writable: true, enumerable: true, configurable: false };
  }

  defineProperty(
    target: Record<string | symbol, unknown>,
    key: string | symbol,
    wanted: PropertyDescriptor,
  ): boolean {
    const current = this.getOwnPropertyDescriptor(target, key);
    if (!current) return false;
    if (wanted.configurable || wanted.get || wanted.set) return false;
    if (wanted.enumerable !== undefined && wanted.enumerable !== current.enumerable) return false;
    if (wanted.writable !== undefined && wanted.writable !== current.writable) return false;
    return !("value" in wanted) || Object.is(wanted.value, current.value);
  }

  has(target: Record<string | symbol, unknown>, key: string | symbol): boolean {
    return ReflectHas(target, key);
  }

  set(): boolean {
    return false;
  }

  deleteProperty(target: Record<string | symbol, unknown>, key: string | symbol): boolean {
    return !ReflectHas(target, key);
  }

  ownKeys(): (string | symbol)[] {
    return [...this.#keys];
  }
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
