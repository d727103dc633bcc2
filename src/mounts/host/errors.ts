/** Errors of node:fs as errors of the kernel. Nothing of the host's paths goes with them. */
import { Errno, type ErrnoName, KernelError } from "../../../kernel/index.ts";

/** The result of `work`; what the host refuses becomes a KernelError, EIO where the kernel lacks it. */
export function onHost<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toKernelError(error);
  }
}

/** As onHost, but undefined where the name does not exist. */
export function ifPresent<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    const reason = toKernelError(error);
    if (reason instanceof KernelError && reason.errno === Errno.ENOENT) return undefined;
    throw reason;
  }
}

function toKernelError(error: unknown): unknown {
  const code = (error as { code?: unknown } | undefined)?.code;
  if (error instanceof KernelError || typeof code !== "string") return error;
  // A name that ends outside is met as a link where none was expected.
  if (code === "ELOOP") return new KernelError(Errno.ENOENT);
  return new KernelError(Errno[code as ErrnoName] ?? Errno.EIO);
}
