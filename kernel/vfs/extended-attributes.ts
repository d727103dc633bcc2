/** Extended attributes (xattr(7)): the namespaces, and who may use them. */
import { utf8Length } from "../bytes.ts";
import { Errno, fail } from "../errno.ts";
import { XATTR_NAME_MAX, XATTR_SIZE_MAX } from "../limits.ts";
import type { Process } from "../process/process.ts";
import { requireWritable } from "./attributes.ts";
import {
  R_OK,
  S_IFDIR,
  S_IFMT,
  S_IFREG,
  S_ISVTX,
  W_OK,
  XATTR_CREATE,
  XATTR_REPLACE,
} from "./constants.ts";
import type { Attributes } from "./file-system.ts";
import { IN_ATTRIB } from "./inotify/constants.ts";
import { notify } from "./inotify/watches.ts";
import type { Location } from "./mount-table.ts";
import { require } from "./permission.ts";

export function getXattr(process: Process, { inode }: Location, name: string): Uint8Array {
  requireAccess(process, inode.attributes(), name, R_OK);
  return inode.getXattr(name) ?? fail(Errno.ENODATA);
}

export function setXattr(
  process: Process,
  location: Location,
  name: string,
  value: Uint8Array,
  create: number,
): void {
  if (create !== 0 && create !== XATTR_CREATE && create !== XATTR_REPLACE) fail(Errno.EINVAL);
  requireWritable(process, location);
  const { inode } = location;
  requireAccess(process, inode.attributes(), name, W_OK);
  if (value.length > XATTR_SIZE_MAX) fail(Errno.E2BIG);
  const exists = inode.getXattr(name) !== undefined;
  if (create === XATTR_CREATE && exists) fail(Errno.EEXIST);
  if (create === XATTR_REPLACE && !exists) fail(Errno.ENODATA);
  inode.setXattr(name, value);
  notify(inode, IN_ATTRIB);
}

export function removeXattr(process: Process, location: Location, name: string): void {
  requireWritable(process, location);
  const { inode } = location;
  requireAccess(process, inode.attributes(), name, W_OK);
  if (inode.getXattr(name) === undefined) fail(Errno.ENODATA);
  inode.removeXattr(name);
  notify(inode, IN_ATTRIB);
}

/** Names of the namespace "trusted" show themselves to the privileged alone. */
export function listXattr({ credentials }: Process, { inode }: Location): string[] {
  const names = inode.listXattr();
  return names.filter((name) => credentials.privileged || !name.startsWith("trusted."));
}

function requireAccess(
  { credentials }: Process,
  file: Attributes,
  name: string,
  wanted: number,
): void {
  const dot = name.indexOf(".");
  if (name === "" || utf8Length(name) > XATTR_NAME_MAX) fail(Errno.ERANGE);
  if (name.includes("\0")) fail(Errno.EINVAL);
  const denied = wanted === W_OK ? Errno.EPERM : Errno.ENODATA;
  switch (dot > 0 && dot < name.length - 1 ? name.slice(0, dot) : "") {
    case "user": {
      const type = file.mode & S_IFMT;
      if (type !== S_IFREG && type !== S_IFDIR) fail(denied);
      const sticky = type === S_IFDIR && (file.mode & S_ISVTX) !== 0 && wanted === W_OK;
      if (sticky && file.uid !== credentials.euid && !credentials.privileged) fail(Errno.EPERM);
      require(file, credentials, wanted);
      return;
    }
    case "trusted":
      if (!credentials.privileged) fail(denied);
      return;
    case "security":
      if (wanted === W_OK && !credentials.privileged) fail(Errno.EPERM);
      return;
    default:
      fail(Errno.EOPNOTSUPP);
  }
}
