/** Who may do what to an inode: owner, group and other, the sticky bit, and privilege (path_resolution(7)). */
import { Errno, fail } from "../errno.ts";
import { type Credentials, inGroup } from "../process/credentials.ts";
import { S_IFDIR, S_IFMT, S_ISVTX, W_OK, X_OK } from "./constants.ts";
import type { Attributes } from "./file-system.ts";

/** True where `credentials` give `wanted`, a sum of R_OK, W_OK and X_OK. */
export function allows(file: Attributes, credentials: Credentials, wanted: number): boolean {
  const { mode } = file;
  if (credentials.privileged) {
    return (wanted & X_OK) === 0 || (mode & S_IFMT) === S_IFDIR || (mode & 0o111) !== 0;
  }
  if (file.uid === credentials.euid) return ((mode >> 6) & wanted) === wanted;
  // What both group and others have need not be looked up.
  if (((mode >> 3) & mode & wanted) === wanted) return true;
  const shift = inGroup(credentials, file.gid) ? 3 : 0;
  return ((mode >> shift) & wanted) === wanted;
}

export function require(file: Attributes, credentials: Credentials, wanted: number): void {
  if (!allows(file, credentials, wanted)) fail(Errno.EACCES);
}

/** EPERM unless the caller owns the file or is privileged. */
export function requireOwner(file: Attributes, credentials: Credentials): void {
  if (file.uid !== credentials.euid && !credentials.privileged) fail(Errno.EPERM);
}

/** May `victim` be removed from, or moved out of, `directory`? */
export function requireRemoval(
  directory: Attributes,
  victim: Attributes,
  credentials: Credentials,
): void {
  require(directory, credentials, W_OK | X_OK);
  if ((directory.mode & S_ISVTX) === 0 || credentials.privileged) return;
  const { euid } = credentials;
  if (victim.uid !== euid && directory.uid !== euid) fail(Errno.EPERM);
}
