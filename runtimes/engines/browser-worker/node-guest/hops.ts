/**
 * Turns of a worker's event loop. After one, all microtasks have run, and rejections that nobody handles
 * have been told.
 */

interface TaskScheduler {
  postTask(callback: () => void, options: { readonly priority: "background" }): Promise<void>;
}

type Hop = (callback: () => void) => void;

/** What tells of rejections is a task of its own, queued after the microtasks: `callback` must come later. */
export function makeHop(): Hop {
  const { scheduler } = globalThis as { scheduler?: TaskScheduler };
  if (scheduler?.postTask) {
    const post = scheduler.postTask.bind(scheduler);
    const options = { priority: "background" } as const;
    return (callback) => void post(callback, options);
  }
  return hopByMessages();
}

/** Twice: the first turn runs microtasks, and what they queue comes before the second. */
function hopByMessages(): Hop {
  const { port1, port2 } = new MessageChannel();
  const post = port2.postMessage.bind(port2, undefined) as () => void;
  let waiting: (() => void) | undefined;
  let again = false;
  port1.onmessage = () => {
    if (again) {
      again = false;
      post();
      return;
    }
    const callback = waiting;
    waiting = undefined;
    callback?.();
  };
  return (callback) => {
    waiting = callback;
    again = true;
    post();
  };
}
