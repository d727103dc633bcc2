/** A kernel client for tests of one import: it answers from a table and notes what it was asked. */
import { Errno, KernelError } from "../../../kernel/index.ts";
import type { GuestKernel } from "../../../runtimes/wasi/guest-kernel.ts";

export interface FakeKernel extends GuestKernel {
  /** Every call so far: its name and arguments. */
  readonly asked: unknown[][];
}

/** ENOSYS to what `answers` does not have. */
export function fakeKernel(
  answers: Readonly<Record<string, (...args: never[]) => unknown>>,
): FakeKernel {
  const asked: unknown[][] = [];
  const sys = new Proxy(answers, {
    get:
      (_, name: string) =>
      (...args: never[]) => {
        asked.push([name, ...args]);
        const answer = answers[name];
        if (!answer) throw new KernelError(Errno.ENOSYS);
        return answer(...args);
      },
  });
  return {
    asked,
    sys: sys as never,
    get callCount() {
      return asked.length;
    },
    flagsVersion: 0,
    post: () => false,
    noteMemory() {},
    once: (look) => look(),
    onSignals() {},
  };
}
