/** Shapes of objects as V8's templates give them, which programs see when they print one. */

/** Accessors of each instance, not of its class; functions without a name. */
export function ownGetters(
  target: object,
  getters: Readonly<Record<string, (this: never) => unknown>>,
): void {
  for (const [name, getter] of Object.entries(getters)) {
    Object.defineProperty(getter, "name", { value: "", configurable: true });
    const get = getter as () => unknown;
    Object.defineProperty(target, name, { get, enumerable: true, configurable: false });
  }
}

/** Methods are enumerable, and take no arguments as far as they tell. */
export function asTemplate(prototype: object): void {
  for (const name of Object.getOwnPropertyNames(prototype)) {
    if (name === "constructor") continue;
    const method = Object.getOwnPropertyDescriptor(prototype, name) as PropertyDescriptor;
    Object.defineProperty(prototype, name, { ...method, enumerable: true });
    Object.defineProperty(method.value, "length", { value: 0, configurable: true });
  }
}

/** `construct` in the place of a class that it has instances made of. */
export function asConstructor<F extends object>(
  { prototype, name }: { readonly prototype: object; readonly name: string },
  construct: F,
): F {
  Object.defineProperty(prototype, "constructor", { value: construct });
  Object.defineProperties(construct, {
    name: { value: name },
    length: { value: 0 },
    prototype: { value: prototype, writable: false },
  });
  return construct;
}
