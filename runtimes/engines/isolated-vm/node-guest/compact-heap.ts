/**
 * A collection after which V8 keeps few pages that it does not need. A plain one leaves them half empty,
 * and those that it emptied in a pool, for a task to give back that a guest's thread never runs. V8 moves
 * objects together, and empties the pool, where memory outside of the heap passes half of the heap's
 * limit: a buffer of that size is made, whose bytes nobody touches, and goes again.
 */
import { ask } from "./inspection.ts";
import type { Natives } from "./natives.ts";
import type { OwnIsolate } from "./v8-engine.ts";

// Taken before a program can replace them.
const { apply } = Reflect;
const { transfer } = ArrayBuffer.prototype;
const Buffer = ArrayBuffer;

/** Of its limit: a fuller heap would reach that with the buffer. */
const FULL = 0.25;
/** False once a host had no room for such a buffer: V8 asks again and again before it says so. */
let hasRoom = true;

export function compactHeap(isolate: OwnIsolate, natives: Natives): void {
  const heap = isolate.getHeapStatisticsSync();
  const limit = heap["heap_size_limit"] ?? 0;
  const used = (heap["used_heap_size"] ?? 0) + (heap["externally_allocated_size"] ?? 0);
  if (!hasRoom || !(used < limit * FULL)) {
    ask(natives.collectGarbage());
    return;
  }
  try {
    apply(transfer, new Buffer(limit / 2), [0]);
  } catch {
    hasRoom = false;
  }
}
