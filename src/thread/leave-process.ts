/**
 * The end of a process that has run guests. V8 aborts when a guest is still alive while it is torn down,
 * and may wait for ever in that tear-down once wasm has run in other isolates. So guests go first; and a
 * process that ends because nothing is left to do then leaves as by process.exit, which tears nothing
 * down. Errors that nobody caught leave in that way by themselves.
 */

/** Calls `work` as the process's last act; it must not wait. The result undoes that. */
export function beforeExit(work: () => void): () => void {
  let nothingLeft = false;
  const onBeforeExit = () => {
    nothingLeft = true;
  };
  const onExit = (code: number) => {
    if (nothingLeft) callListenersAfter(onExit, code);
    work();
    if (nothingLeft) process.exit(code);
  };
  process.on("beforeExit", onBeforeExit);
  process.on("exit", onExit);
  return () => {
    process.off("beforeExit", onBeforeExit);
    process.off("exit", onExit);
  };
}

/** Those that were added later have a right to be heard, and exit() skips them. */
function callListenersAfter(own: (code: number) => void, code: number): void {
  const listeners = process.listeners("exit");
  for (const listener of listeners.slice(listeners.indexOf(own) + 1)) {
    process.off("exit", listener);
    listener.call(process, code);
  }
}
