import { expect, test } from "vitest";
import { WaitQueue } from "../../../kernel/wait/wait-queue.ts";

function queueWith(count: number) {
  const queue = new WaitQueue();
  const woken: number[] = [];
  const waiters = Array.from({ length: count }, (_, i) => () => void woken.push(i));
  for (const waiter of waiters) queue.add(waiter);
  return { queue, woken, waiters };
}

test("waking calls everybody once, in order", () => {
  const { queue, woken } = queueWith(4);
  queue.wake();
  queue.wake();
  expect(woken).toEqual([0, 1, 2, 3]);
  expect(queue.empty).toBe(true);
});

test("who is added twice is called once, who is removed not at all", () => {
  for (const removed of [0, 1, 2]) {
    const { queue, woken, waiters } = queueWith(3);
    for (const waiter of waiters) queue.add(waiter);
    queue.remove(waiters[removed] as () => void);
    queue.remove(() => {});
    queue.wake();
    expect([...new Set(woken)]).toEqual([0, 1, 2].filter((i) => i !== removed));
  }
});

test("it is empty when all were removed, in whatever order", () => {
  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [1, 0, 2],
  ]) {
    const { queue, waiters } = queueWith(3);
    expect(queue.empty).toBe(false);
    for (const i of order) queue.remove(waiters[i] as () => void);
    expect(queue.empty).toBe(true);
  }
});

test("who waits again while being woken waits for the next time", () => {
  const queue = new WaitQueue();
  let count = 0;
  const waiter = () => {
    count++;
    queue.add(waiter);
  };
  queue.add(waiter);
  queue.add(() => {});
  queue.wake();
  expect(count).toBe(1);
  queue.wake();
  expect(count).toBe(2);
});
