/** Proxies that stand for objects which are no proxies in Node: reflection must not find them out. */
const disguised = new WeakSet<object>();

export function disguise<T extends object>(proxy: T): T {
  disguised.add(proxy);
  return proxy;
}

export function isDisguised(value: object): boolean {
  return disguised.has(value);
}
