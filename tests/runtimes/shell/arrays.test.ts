import { describe, expect, test } from "vitest";
import { AssociativeArray, IndexedArray } from "../../../runtimes/shell/arrays.ts";

describe("an indexed array", () => {
  test("keeps holes out of its values", () => {
    const array = IndexedArray.of(["a", "b", "c"]);
    array.delete(1);
    array.set(5, "f");
    expect(array.indices()).toEqual([0, 2, 5]);
    expect(array.values()).toEqual(["a", "c", "f"]);
    expect(array.size).toBe(3);
    expect(array.last).toBe(5);
  });

  test("ends where its last element does", () => {
    const array = IndexedArray.of(["a", "b"]);
    array.delete(1);
    expect(array.last).toBe(0);
    array.delete(0);
    expect(array.last).toBe(-1);
    expect(array.size).toBe(0);
  });

  test("takes far indices without filling the gap", () => {
    const array = new IndexedArray();
    array.set(2 ** 40, "far");
    array.set(3, "near");
    expect(array.indices()).toEqual([3, 2 ** 40]);
    expect(array.values()).toEqual(["near", "far"]);
    array.delete(2 ** 40);
    expect(array.last).toBe(3);
  });

  test("a clone is its own", () => {
    const array = IndexedArray.of(["a"]);
    const copy = array.clone();
    copy.set(0, "b");
    expect(array.get(0)).toBe("a");
  });
});

describe("an associative array", () => {
  test("gives its keys in the order of bash's hash table", () => {
    const array = new AssociativeArray();
    for (const key of "one two three four five x y z foo bar é".split(" ")) array.set(key, "1");
    // What bash 5.2 prints for the same assignments.
    expect(array.keys().join(" ")).toBe("four z y x foo two bar three one five é");
  });

  test("also after the table has grown", () => {
    const array = new AssociativeArray();
    for (let number = 0; number < 3000; number++) array.set(`k${number}`, "1");
    expect(array.keys().slice(0, 6)).toEqual([
      "k1698",
      "k1699",
      "k1696",
      "k1697",
      "k1694",
      "k1695",
    ]);
  });
});
