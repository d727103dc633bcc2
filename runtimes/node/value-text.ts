/** Values as V8 puts them into messages. */

/** V8's words for a value, for which it calls nothing of the program's. */
export function noSideEffectsToString(value: unknown): string {
  if (typeof value === "function") return Function.prototype.toString.call(value);
  if (!isObject(value)) return typeof value === "string" ? value : String(value);
  if (value instanceof Error) {
    const name = dataProperty(value, "name") ?? "Error";
    const message = dataProperty(value, "message") ?? "";
    if (name === "") return String(message);
    return message === "" ? String(name) : `${String(name)}: ${String(message)}`;
  }
  const made = dataProperty(value, "constructor");
  const name = typeof made === "function" ? made.name : "";
  return typeof name === "string" && name !== "" ? `#<${name}>` : "[object Object]";
}

function dataProperty(value: object, key: string): unknown {
  for (let at: object | null = value; at !== null; at = Object.getPrototypeOf(at)) {
    const found = Object.getOwnPropertyDescriptor(at, key);
    if (found) return found.value;
  }
  return undefined;
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
