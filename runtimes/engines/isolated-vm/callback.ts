/**
 * A function of the kernel's thread that a guest's isolate may call. What it throws reaches the program,
 * with its stack, in which the host's folders are: so an error of the same words goes there instead.
 */
import ivm from "isolated-vm";

export function callback<A extends unknown[]>(
  handle: (...args: A) => unknown,
  options?: { readonly ignored: true },
): ivm.Callback {
  const guarded = (...args: A): unknown => {
    try {
      return handle(...args);
    } catch (reason) {
      throw withoutStack(reason instanceof Error ? reason.message : "the call failed");
    }
  };
  return new ivm.Callback(guarded, options as never);
}

function withoutStack(message: string): Error {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return new Error(message);
  } finally {
    Error.stackTraceLimit = limit;
  }
}
