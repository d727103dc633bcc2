/** A key that JavaScript holds but does not see: what KeyObjectHandle of the binding is around. */
import type { KeyData } from "./key-data.ts";

export type { KeyData } from "./key-data.ts";

export class KeyHandle {
  #data: KeyData | undefined;

  static of(data: KeyData): KeyHandle {
    const handle = new KeyHandle();
    handle.#data = data;
    return handle;
  }

  static dataOf(handle: KeyHandle): KeyData {
    if (!handle.#data) throw new TypeError("the key handle holds no key");
    return handle.#data;
  }

  static fill(handle: KeyHandle, data: KeyData): void {
    handle.#data = data;
  }
}
