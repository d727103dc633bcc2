/** What storage says when it fails, as the two errors that a machine knows: full, or broken. */
import { Errno, KernelError } from "../../kernel/errno.ts";

/** Names and codes by which storage says that it is full: Node, IndexedDB, SQLite. */
const FULL = /\b(ENOSPC|EDQUOT|QuotaExceededError|SQLITE_FULL)\b/;

/** A failure of storage, with what the storage itself said. */
export class StorageFailure extends KernelError {
  readonly cause: unknown;

  constructor(errno: Errno, cause: unknown) {
    super(errno);
    this.cause = cause;
  }

  get message(): string {
    const { message } = (this.cause ?? {}) as Partial<Error>;
    return message ?? String(this.cause);
  }
}

/** `error` as a KernelError: ENOSPC where a quota or disk is full, else EIO. */
export function storageFailure(error: unknown): KernelError {
  if (error instanceof KernelError) return error;
  const { code, name, message } = (error ?? {}) as { code?: unknown } & Partial<Error>;
  const full = [code, name, message].some((text) => typeof text === "string" && FULL.test(text));
  return new StorageFailure(full ? Errno.ENOSPC : Errno.EIO, error);
}

/** The result of `act`, its failure as a KernelError. */
export async function asStorage<T>(act: () => T | Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw storageFailure(error);
  }
}
