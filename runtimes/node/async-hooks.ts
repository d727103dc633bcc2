/**
 * The bookkeeping of async_hooks that Node keeps in C++ (AsyncHooks in env.h): counts of hooks, ids of
 * the running context, and the stack of contexts below it. JavaScript shares the arrays, so a push or a
 * pop costs no call.
 */

/** Indices into `fields`, with Node's names (async_wrap's constants). */
export const Field = {
  kInit: 0,
  kBefore: 1,
  kAfter: 2,
  kDestroy: 3,
  kPromiseResolve: 4,
  kTotals: 5,
  kCheck: 6,
  kStackLength: 7,
  kUsesExecutionAsyncResource: 8,
  kFieldsCount: 9,
} as const;

/** Indices into `ids`. */
export const Id = {
  kExecutionAsyncId: 0,
  kTriggerAsyncId: 1,
  kAsyncIdCounter: 2,
  kDefaultTriggerAsyncId: 3,
  kUidFieldsCount: 4,
} as const;

export class AsyncHooks {
  readonly fields = new Uint32Array(Field.kFieldsCount);
  readonly ids = new Float64Array(Id.kUidFieldsCount);
  /** Pairs of ids; replaced by a longer one when it is full, which JavaScript must hear of. */
  stack: Float64Array = new Float64Array(32);
  readonly resources: unknown[] = [];
  /** lib/internal/async_hooks.js's emitters, once it has set them. */
  emit: Partial<Record<"init" | "before" | "after" | "destroy" | "promise_resolve", Emit>> = {};
  /** Runs callbacks in place of a plain call while hooks are on (async_hooks.js). */
  trampoline: ((...args: never[]) => unknown) | undefined;
  /** Called with the stack that replaces a full one. */
  onStackGrown: (stack: Float64Array) => void = () => {};

  constructor() {
    this.fields[Field.kCheck] = 1;
    this.reset();
  }

  /** As at the start of a process. */
  reset(): void {
    this.ids[Id.kAsyncIdCounter] = 1;
    this.ids[Id.kDefaultTriggerAsyncId] = -1;
  }

  newAsyncId(): number {
    const id = (this.ids[Id.kAsyncIdCounter] as number) + 1;
    this.ids[Id.kAsyncIdCounter] = id;
    return id;
  }

  get executionAsyncId(): number {
    return this.ids[Id.kExecutionAsyncId] as number;
  }

  /** What triggers a resource that is made now: the default set by JavaScript, else what runs. */
  get defaultTriggerAsyncId(): number {
    const id = this.ids[Id.kDefaultTriggerAsyncId] as number;
    return id < 0 ? this.executionAsyncId : id;
  }

  get depth(): number {
    return this.fields[Field.kStackLength] as number;
  }

  push(asyncId: number, triggerAsyncId: number, resource: unknown): void {
    const { ids, fields } = this;
    const depth = this.depth;
    if (depth * 2 >= this.stack.length) this.#grow();
    this.stack[depth * 2] = ids[Id.kExecutionAsyncId] as number;
    this.stack[depth * 2 + 1] = ids[Id.kTriggerAsyncId] as number;
    fields[Field.kStackLength] = depth + 1;
    ids[Id.kExecutionAsyncId] = asyncId;
    ids[Id.kTriggerAsyncId] = triggerAsyncId;
    this.resources[depth] = resource;
  }

  /** False where nothing is left below; Node tells its caller so. */
  pop(asyncId: number): boolean {
    const { ids, fields } = this;
    const depth = this.depth;
    if (depth === 0) return false;
    if ((fields[Field.kCheck] as number) > 0 && ids[Id.kExecutionAsyncId] !== asyncId) {
      throw new Error(
        `async hook stack has become corrupted (actual: ${ids[Id.kExecutionAsyncId]}, expected: ${asyncId})`,
      );
    }
    const below = depth - 1;
    ids[Id.kExecutionAsyncId] = this.stack[below * 2] as number;
    ids[Id.kTriggerAsyncId] = this.stack[below * 2 + 1] as number;
    fields[Field.kStackLength] = below;
    this.resources.length = below;
    return below > 0;
  }

  /** True where callbacks go through the trampoline, which emits before and after by itself. */
  get usesTrampoline(): boolean {
    return (
      this.trampoline !== undefined &&
      ((this.fields[Field.kBefore] as number) > 0 || (this.fields[Field.kAfter] as number) > 0)
    );
  }

  emitBefore(asyncId: number): void {
    if (asyncId !== 0 && (this.fields[Field.kBefore] as number) > 0) {
      this.emit.before?.(asyncId as never);
    }
  }

  emitAfter(asyncId: number): void {
    if (asyncId !== 0 && (this.fields[Field.kAfter] as number) > 0) {
      this.emit.after?.(asyncId as never);
    }
  }

  /** Pops down to `depth`: an exception goes past the contexts above it. */
  unwind(depth: number): void {
    while (this.depth > depth) this.pop(this.executionAsyncId);
  }

  /** Forgets all contexts: an exception went past them. */
  clear(): void {
    this.ids[Id.kExecutionAsyncId] = 0;
    this.ids[Id.kTriggerAsyncId] = 0;
    this.fields[Field.kStackLength] = 0;
    this.resources.length = 0;
  }

  #grow(): void {
    const larger = new Float64Array(this.stack.length * 2);
    larger.set(this.stack);
    this.stack = larger;
    this.onStackGrown(larger);
  }
}

type Emit = (...args: never[]) => void;
