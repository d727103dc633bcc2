/**
 * Stands for a context's global object outside of the context, where the engine lets no other context
 * touch it (contexts.ts): a proxy's handler.
 */
import type { Kit, Reflected } from "./context-kit.ts";

export class GlobalHandler implements ProxyHandler<object> {
  readonly #kit: Kit;
  readonly #self: () => object;
  readonly #reflected: () => Reflected | undefined;

  constructor(kit: Kit, self: () => object, reflected: () => Reflected | undefined) {
    this.#kit = kit;
    this.#self = self;
    this.#reflected = reflected;
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
    this.#reflected()?.update();
    return this.#kit.reflect.ownKeys(this.#kit.global);
  }

  getOwnPropertyDescriptor(_: object, key: PropertyKey): PropertyDescriptor | undefined {
    const { reflect, global } = this.#kit;
    const found =
      this.#reflected()?.descriptor(key) ?? reflect.getOwnPropertyDescriptor(global, key);
    // A proxy may call nothing fixed that its target does not have.
    return found && { ...found, configurable: true };
  }

  defineProperty(_: object, key: PropertyKey, wanted: PropertyDescriptor): boolean {
    const { reflect, global } = this.#kit;
    const inside = "value" in wanted ? { ...wanted, value: this.#inside(wanted.value) } : wanted;
    const own = { ...inside, configurable: true };
    return this.#reflected()?.define(key, own) ?? reflect.defineProperty(global, key, own);
  }

  getPrototypeOf(): object | null {
    return this.#kit.reflect.getPrototypeOf(this.#kit.global);
  }

  #inside(value: unknown): unknown {
    return value === this.#self() ? this.#kit.global : value;
  }
}
