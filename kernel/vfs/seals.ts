/**
 * Paths that the machine's policy makes read-only or hides, for every process but pid 1. The walk finds
 * what is hidden missing; whatever changes a file asks here, by the path that led to it. Names cannot be
 * moved, linked or mounted to where the policy says something else of them.
 */
import { Errno, fail, KernelError } from "../errno.ts";
import { askerOf, type Seals } from "../policy.ts";
import type { Process } from "../process/process.ts";
import { S_IFDIR, S_IFMT } from "./constants.ts";
import type { Location } from "./mount-table.ts";
import { wholePathOf } from "./path-of.ts";

/** The path that rules compare. That of a directory is found anew, for it may have been moved. */
export function sealedPath({ mount, inode, path }: Location): string {
  const isDirectory = (inode.attributes().mode & S_IFMT) === S_IFDIR;
  return isDirectory || path === undefined ? wholePathOf({ mount, inode }) : path;
}

export function joined(directory: string, name: string): string {
  return directory === "/" ? `/${name}` : `${directory}/${name}`;
}

/** EROFS where nothing at `path` may change; `path` is undefined where nothing is sealed. */
export function requireUnsealed(process: Process, path: string | undefined): void {
  const { seals } = process.fs;
  if (!seals || path === undefined || seals.access(path) === "write") return;
  throw new KernelError(Errno.EROFS, seals.refuse(path, "write", askerOf(process)));
}

/** As requireUnsealed, for what is there: ENOENT where it does not seem to be. */
export function requireRemovable(process: Process, path: string | undefined): void {
  const { seals } = process.fs;
  if (!seals || path === undefined) return;
  if (isHidden(seals, process, path)) fail(Errno.ENOENT);
  requireUnsealed(process, path);
}

/** EACCES where what is at `from`, with all that is in it, may not appear at `to`. */
export function requireMovable(
  process: Process,
  from: string | undefined,
  to: string | undefined,
): void {
  const { seals } = process.fs;
  if (!seals || from === undefined || to === undefined || seals.mayMove(from, to)) return;
  throw new KernelError(Errno.EACCES, seals.refuse(from, "write", askerOf(process)));
}

/** EACCES where something at or below the directory `location` may not change: nothing may cover it. */
export function requireFree(process: Process, location: Location): void {
  const { seals } = process.fs;
  if (!seals) return;
  const path = sealedPath(location);
  if (seals.isFree(path)) return;
  throw new KernelError(Errno.EACCES, seals.refuse(path, "write", askerOf(process)));
}

/** Whether something that is there does not seem to be. */
export function isHidden(seals: Seals, process: Process, path: string): boolean {
  if (seals.access(path) !== "none") return false;
  seals.refuse(path, "look", askerOf(process));
  return true;
}

/** Which names of a directory show themselves; undefined: all. */
export function shownNames(
  process: Process,
  directory: Location,
): ((name: string) => boolean) | undefined {
  const { seals } = process.fs;
  if (!seals) return undefined;
  const path = sealedPath(directory);
  return (name) => seals.access(joined(path, name)) !== "none";
}
