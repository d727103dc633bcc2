/** Values in error messages where there is no node:util: short, on one line, one level deep. */
import type { HostValues } from "./host-values.ts";

const MOST_ITEMS = 6;

export const inspect: HostValues["inspect"] = (value, options = {}) =>
  show(value, options.depth ?? 2);

function show(value: unknown, depth: number): string {
  if (typeof value === "string")
    return `'${JSON.stringify(value).slice(1, -1).replace(/\\"/g, '"')}'`;
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "function")
    return `[Function${value.name ? `: ${value.name}` : " (anonymous)"}]`;
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof Error) return `[${value.name}: ${value.message}]`;
  const name = (Object.getPrototypeOf(value) as object | null)?.constructor?.name;
  if (depth < 0) return Array.isArray(value) ? "[Array]" : `[${name ?? "Object: null prototype"}]`;
  if (Array.isArray(value)) {
    return list(
      "[",
      value.map((item) => show(item, depth - 1)),
      "]",
    );
  }
  const prefix = name === undefined || name === "Object" ? "" : `${name} `;
  const fields = Object.entries(value).map(([key, item]) => `${key}: ${show(item, depth - 1)}`);
  return prefix + list("{", fields, "}");
}

function list(open: string, items: readonly string[], close: string): string {
  if (items.length === 0) return open + close;
  const more = items.length > MOST_ITEMS ? [`... ${items.length - MOST_ITEMS} more`] : [];
  return `${open} ${[...items.slice(0, MOST_ITEMS), ...more].join(", ")} ${close}`;
}
