/** Makes the system calls of one file operation; a KernelError becomes a Failure that names it. */
import { KernelError, type Stat, type Sys } from "../../../kernel/index.ts";
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW, S_IFDIR, S_IFMT } from "../../../kernel/vfs/constants.ts";
import type { Failure } from "../protocol.ts";

/** What an error of node:fs tells beside its code. */
export interface Subject {
  /** As Node names it: `scandir`, `utime`. */
  readonly syscall: string;
  readonly path?: string | undefined;
  readonly dest?: string | undefined;
}

/** The result of `work`, or a Failure about `subject`. */
export async function about<T>(subject: Subject, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (reason) {
    if (reason instanceof KernelError) throw failure(reason.errno, subject);
    throw reason;
  }
}

export function failure(errno: number, subject: Subject): Failure {
  return { failure: true, errno, ...subject };
}

export async function lstat(sys: Sys, path: string): Promise<Stat> {
  return sys.newfstatat(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);
}

export function isDirectory({ mode }: { mode: number }): boolean {
  return (mode & S_IFMT) === S_IFDIR;
}

/** True where `work` failed with one of `errnos`, which is then no error. */
export async function fails(
  errnos: readonly number[],
  work: () => unknown | Promise<unknown>,
): Promise<boolean> {
  try {
    await work();
    return false;
  } catch (reason) {
    if (reason instanceof KernelError && errnos.includes(reason.errno)) return true;
    throw reason;
  }
}

export function join(folder: string, name: string): string {
  return folder.endsWith("/") ? folder + name : `${folder}/${name}`;
}
