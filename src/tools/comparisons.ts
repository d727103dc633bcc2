/**
 * What it costs to look for equal items in a list (`uniqueItems` of JSON Schema), which is done pair by
 * pair: what a guest sends has to be small enough for the thread of whoever lends the tool.
 */
import type { JsonSchema } from "../../runtimes/programs/tools/spec.ts";

/** About half a second: 17,000 numbers, or 3,000 small objects. */
const COST_MAX = 3e8;
/** Of an object or a list, in numbers. */
const CONTAINER = 30;

/** True where some list is to hold no two equal items. */
export function comparesItems(schema: JsonSchema): boolean {
  return JSON.stringify(schema).includes('"uniqueItems":true');
}

/** True where comparing the items of all lists in `value` takes too long. */
export function isTooMuchToCompare(value: unknown): boolean {
  let cost = 0;
  const weigh = (item: unknown): number => {
    if (typeof item !== "object" || item === null) return 1;
    const items: unknown[] = Array.isArray(item) ? item : Object.values(item);
    const weight = items.reduce<number>((sum, each) => sum + weigh(each), CONTAINER);
    if (Array.isArray(item)) cost += item.length * weight;
    return weight;
  };
  weigh(value);
  return cost > COST_MAX;
}
