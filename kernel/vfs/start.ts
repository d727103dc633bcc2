/** Where the path of an *at call starts, and what it names (openat(2), "the *at functions"). */
import { Errno, fail } from "../errno.ts";
import type { Credentials } from "../process/credentials.ts";
import type { Process } from "../process/process.ts";
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW } from "./constants.ts";
import type { Location } from "./mount-table.ts";
import { Walk } from "./walk.ts";

export function startOf(process: Process, dirfd: number, path: string): Location {
  if (dirfd === AT_FDCWD || path.charCodeAt(0) === SLASH) return process.fs.cwd;
  return process.fds.get(dirfd).location ?? fail(path === "" ? Errno.ENOENT : Errno.ENOTDIR);
}

/** What `path` names under the flags AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH. */
export function locate(
  process: Process,
  dirfd: number,
  path: string,
  flags: number,
  credentials = process.credentials,
): Location {
  const start = startOf(process, dirfd, path);
  if (path === "" && (flags & AT_EMPTY_PATH) !== 0) return start;
  const walk = new Walk(process, start, credentials);
  walk.to(path, (flags & AT_SYMLINK_NOFOLLOW) === 0);
  return walk.location;
}

/** What access(2) asks for: the real user's rights. */
export function realCredentials(credentials: Credentials): Credentials {
  const { uid, gid, euid, egid } = credentials;
  if (uid === euid && gid === egid) return credentials;
  return { ...credentials, euid: uid, egid: gid, privileged: uid === 0 };
}

/** The directory that holds the last name of `path`. */
export function locateParent(process: Process, dirfd: number, path: string): Walk {
  const walk = new Walk(process, startOf(process, dirfd, path));
  walk.toParent(path);
  return walk;
}

const SLASH = 47;
