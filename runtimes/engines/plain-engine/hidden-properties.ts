/**
 * Private symbols for engines without them: what is kept under one lies in a map beside the object, so
 * that no reflection on the object shows it.
 */
export function hiddenSymbol(name: string, onSet?: (value: unknown) => void): symbol {
  const symbol = Symbol(name);
  const values = new WeakMap<object, unknown>();
  const { get, set } = WeakMap.prototype;
  const { apply } = Reflect;
  Object.defineProperty(Object.prototype, symbol, {
    get(this: object) {
      return apply(get, values, [this]);
    },
    set(this: object, value: unknown) {
      apply(set, values, [this, value]);
      onSet?.(value);
    },
    enumerable: false,
    configurable: false,
  });
  return symbol;
}
