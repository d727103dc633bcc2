import { expect, test } from "vitest";
import { MemoryWatch } from "../../../runtimes/engines/memory-watch.ts";

const ROOMY = { resident: 1, residentBytes: () => 0 };

function user(memoryBytes: number, isComputing = false) {
  return {
    memoryBytes,
    isComputing,
    calls: 0,
    killed: false,
    kill() {
      this.killed = true;
    },
  };
}

test("beyond the sum of all the largest is killed, and only that", () => {
  const watch = new MemoryWatch({ ...ROOMY, guests: 100 });
  const users = [user(30), user(60), user(20)];
  watch.look(users);
  expect(users.map(({ killed }) => killed)).toEqual([false, true, false]);
});

test("within the limits nobody is", () => {
  const watch = new MemoryWatch({ ...ROOMY, guests: 110 });
  const users = [user(30), user(60), user(20)];
  watch.look(users);
  expect(users.some(({ killed }) => killed)).toBe(false);
});

test("where the process itself is too large, one that computes without a call goes first", () => {
  const watch = new MemoryWatch({ guests: 1e9, resident: 1, residentBytes: () => 2 });
  const users = [user(60), user(5, true), user(3, true)];
  const [, busy, silent] = users as [(typeof users)[0], (typeof users)[0], (typeof users)[0]];
  watch.look(users);
  expect(users[0]?.killed).toBe(true);
  busy.calls++;
  watch.look([busy, silent]);
  expect([busy.killed, silent.killed]).toEqual([false, true]);
});
