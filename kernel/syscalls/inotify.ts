/** The calls of inotify(7); instances and watches are in kernel/vfs/inotify. */
import { Errno, fail } from "../errno.ts";
import { O_NONBLOCK } from "../fd/flags.ts";
import { INOTIFY_INSTANCES } from "../limits.ts";
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW, R_OK, S_IFDIR, S_IFMT } from "../vfs/constants.ts";
import {
  IN_ALL_EVENTS,
  IN_CLOEXEC,
  IN_DONT_FOLLOW,
  IN_EXCL_UNLINK,
  IN_MASK_ADD,
  IN_MASK_CREATE,
  IN_NONBLOCK,
  IN_ONESHOT,
  IN_ONLYDIR,
} from "../vfs/inotify/constants.ts";
import { InotifyFile } from "../vfs/inotify/inotify-file.ts";
import { require } from "../vfs/permission.ts";
import { shownNames } from "../vfs/seals.ts";
import { locate } from "../vfs/start.ts";
import type { Call } from "./call.ts";
import type { Handlers } from "./handlers.ts";

export const inotifyCalls: Handlers<"inotify_init1" | "inotify_add_watch" | "inotify_rm_watch"> = {
  inotify_init1({ kernel, process }, flags) {
    if ((flags & ~(IN_NONBLOCK | IN_CLOEXEC)) !== 0) fail(Errno.EINVAL);
    if (kernel.inotify.instances >= INOTIFY_INSTANCES) fail(Errno.EMFILE);
    process.fds.requireRoom();
    const file = new InotifyFile(
      kernel.inotify,
      kernel.nextAnonymousInode(),
      (flags & IN_NONBLOCK) !== 0 ? O_NONBLOCK : 0,
    );
    return process.fds.install(file, (flags & IN_CLOEXEC) !== 0);
  },

  inotify_add_watch(call, fd, path, mask) {
    const instance = instanceOf(call, fd);
    if ((mask & IN_ALL_EVENTS) === 0 || (mask & ~KNOWN) !== 0) fail(Errno.EINVAL);
    if ((mask & IN_MASK_ADD) !== 0 && (mask & IN_MASK_CREATE) !== 0) fail(Errno.EINVAL);
    const { process } = call;
    const flags = (mask & IN_DONT_FOLLOW) !== 0 ? AT_SYMLINK_NOFOLLOW : 0;
    const location = locate(process, AT_FDCWD, path, flags);
    const file = location.inode.attributes();
    if ((mask & IN_ONLYDIR) !== 0 && (file.mode & S_IFMT) !== S_IFDIR) fail(Errno.ENOTDIR);
    require(file, process.credentials, R_OK);
    return instance.watch(location, mask, shownNames(process, location));
  },

  inotify_rm_watch(call, fd, wd) {
    instanceOf(call, fd).unwatch(wd);
  },
};

const KNOWN =
  IN_ALL_EVENTS |
  IN_ONLYDIR |
  IN_DONT_FOLLOW |
  IN_EXCL_UNLINK |
  IN_MASK_ADD |
  IN_MASK_CREATE |
  IN_ONESHOT;

function instanceOf(call: Call, fd: number): InotifyFile {
  const file = call.process.fds.get(fd);
  return file instanceof InotifyFile ? file : fail(Errno.EINVAL);
}
