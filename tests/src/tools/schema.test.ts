/** Checks of what guests send to tools: also of much that is wrong, in time that grows as it does. */
import { expect, test } from "vitest";
import { checkedSchema } from "../../../src/tools/schema.ts";
import type { JsonSchemaObject } from "../../../src/tools/tool.ts";

const checked = (schema: JsonSchemaObject) =>
  checkedSchema({ where: "a tool", name: "input" }, schema, undefined, "input");
const many = <T>(count: number, make: (i: number) => T) =>
  Array.from({ length: count }, (_, i) => make(i));

test("the innermost of nested complaints are told", async () => {
  const rows = { type: "array", items: { type: "object", properties: { a: { type: "number" } } } };
  const { check } = checked({ type: "object", properties: { rows } });
  expect(await check({ rows: [{ a: 1 }] })).toEqual({ value: { rows: [{ a: 1 }] } });
  expect(await check({ rows: [{ a: 1 }, { a: "x" }] })).toMatchObject({
    issues: [{ path: ["rows", 1, "a"] }],
  });
});

test("two hundred thousand wrong items are a hundred complaints", async () => {
  const { check } = checked({
    type: "array",
    items: { type: "object", properties: { a: {} }, additionalProperties: false },
  });
  expect(await check(many(1000, (i) => ({ a: i })))).toHaveProperty("value");
  const answer = await check(many(200_000, () => ({ b: 1 })));
  expect("issues" in answer && answer.issues.length).toBe(100);
});

test("lists that are too long to look for equal items in are refused", async () => {
  const { check } = checked({ type: "array", uniqueItems: true });
  expect(await check(many(10_000, (i) => i))).toHaveProperty("value");
  expect(await check([...many(10, (i) => [i]), [3]])).toHaveProperty("issues");
  for (const value of [
    many(200_000, (i) => i),
    many(50_000, (i) => [i]),
    [many(10, () => many(5000, (i) => [i]))],
  ]) {
    expect(await check(value)).toMatchObject({
      issues: [{ message: "its lists are too long to look for equal items in them" }],
    });
  }
});
