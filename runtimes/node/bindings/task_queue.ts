/** internalBinding("task_queue"): microtasks, the tick callback, rejections of promises. */
import type { BindingFactory } from "../environment.ts";

/** V8's PromiseRejectEvent. */
export const promiseRejectEvents = {
  kPromiseRejectWithNoHandler: 0,
  kPromiseHandlerAddedAfterReject: 1,
  kPromiseRejectAfterResolved: 2,
  kPromiseResolveAfterResolved: 3,
};

export const taskQueue: BindingFactory = (env) => ({
  tickInfo: env.ticks.info,
  runMicrotasks: () => env.engine.runMicrotasks(),
  setTickCallback(callback: () => void) {
    env.ticks.callback = callback;
  },
  enqueueMicrotask(callback: () => void) {
    env.engine.enqueueMicrotask(() => {
      try {
        callback();
      } catch (error) {
        env.triggerUncaughtException(error, false);
      }
    });
  },
  setPromiseRejectCallback: (callback: never) => env.engine.setPromiseRejectCallback(callback),
  promiseRejectEvents,
});
