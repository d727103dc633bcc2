/** internalBinding("async_wrap"): the arrays and functions of async_hooks. */
import { Field, Id } from "../async-hooks.ts";
import { PROVIDERS } from "../async-wrap.ts";
import type { BindingFactory } from "../environment.ts";

export const asyncWrap: BindingFactory = (env) => {
  const { asyncHooks: hooks, engine } = env;
  const { kFieldsCount: _count, ...fields } = Field;
  const { kUidFieldsCount: _ids, ...ids } = Id;
  let promiseHooks: readonly unknown[] = [undefined, undefined, undefined, undefined];
  /** Objects whose end is told to destroy hooks when they are collected. */
  const destroyed = new FinalizationRegistry<{ asyncId: number; state?: { destroyed: boolean } }>(
    ({ asyncId, state }) => {
      if (!state?.destroyed) hooks.emit.destroy?.(asyncId as never);
    },
  );
  const binding = {
    setupHooks(emit: typeof hooks.emit) {
      hooks.emit = emit;
    },
    setCallbackTrampoline(trampoline: typeof hooks.trampoline) {
      hooks.trampoline = trampoline;
    },
    pushAsyncContext: (asyncId: number, triggerAsyncId: number) =>
      hooks.push(asyncId, triggerAsyncId, undefined),
    popAsyncContext: (asyncId: number) => hooks.pop(asyncId),
    executionAsyncResource: (index: number) => hooks.resources[index],
    clearAsyncIdStack: () => hooks.clear(),
    queueDestroyAsyncId: (asyncId: number) =>
      env.loop.post(() => hooks.emit.destroy?.(asyncId as never)),
    setPromiseHooks(...given: never[]) {
      promiseHooks = given;
      engine.setPromiseHooks(...given);
    },
    getPromiseHooks: () => promiseHooks,
    registerDestroyHook(object: object, asyncId: number, state?: { destroyed: boolean }) {
      destroyed.register(object, state === undefined ? { asyncId } : { asyncId, state });
    },
    async_hook_fields: hooks.fields,
    async_id_fields: hooks.ids,
    execution_async_resources: hooks.resources,
    async_ids_stack: hooks.stack as Float64Array,
    constants: { ...fields, ...ids },
    Providers: Object.fromEntries(PROVIDERS.map((name, number) => [name, number])),
  };
  hooks.onStackGrown = (stack) => {
    binding.async_ids_stack = stack;
  };
  return binding;
};
