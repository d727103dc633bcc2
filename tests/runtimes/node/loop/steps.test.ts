import { describe, expect, it } from "vitest";
import { inTurns, type Steps } from "../../../../runtimes/node/loop/steps.ts";

describe("steps", () => {
  it("runs what a step yields before it goes on, and hands it what that returned", () => {
    const log: string[] = [];
    function* inner(name: string): Steps<string> {
      log.push(`${name} begins`);
      yield;
      log.push(`${name} ends`);
      return name.toUpperCase();
    }
    function* outer(): Steps {
      log.push(yield inner("a"));
      yield;
      log.push(yield inner("b"));
    }
    const turns = inTurns(outer());
    const seen: string[][] = [];
    while (!turns.next().done) seen.push(log.splice(0));
    expect(seen).toEqual([["a begins"], ["a ends", "A"], ["b begins"]]);
    expect(log).toEqual(["b ends", "B"]);
  });

  it("throws what an inner one threw into the one that yielded it", () => {
    function* inner(): Steps {
      yield;
      throw new Error("lost");
    }
    const caught: unknown[] = [];
    function* outer(): Steps {
      try {
        yield inner();
      } catch (reason) {
        caught.push(reason);
      }
      yield inner();
    }
    const turns = inTurns(outer());
    expect(() => [...turns]).toThrow("lost");
    expect(String(caught)).toBe("Error: lost");
    expect(turns.next().done).toBe(true);
  });
});
