/** Terminal requests (ioctl_tty(2)), one call each; the terminal itself knows the rules. */
import { Errno, fail } from "../errno.ts";
import { O_PATH } from "../fd/flags.ts";
import type { TerminalRequests } from "../fd/open-file.ts";
import type { Call } from "./call.ts";
import type { Handlers } from "./handlers.ts";

export const terminalCalls: Handlers<
  | "tcgets"
  | "tcsets"
  | "tcflsh"
  | "tiocgwinsz"
  | "tiocswinsz"
  | "tiocgpgrp"
  | "tiocspgrp"
  | "tiocgsid"
  | "tiocsctty"
  | "tiocnotty"
  | "tiocgptn"
  | "tiocsptlck"
> = {
  tcgets: (call, fd) => terminal(call, fd).getAttributes(),
  tcsets: (call, fd, when, termios) => terminal(call, fd).setAttributes(call, when, termios),
  tcflsh: (call, fd, queue) => terminal(call, fd).flush(call, queue),
  tiocgwinsz: (call, fd) => terminal(call, fd).getWindowSize(),
  tiocswinsz: (call, fd, size) => terminal(call, fd).setWindowSize(size),
  tiocgpgrp: (call, fd) => terminal(call, fd).getForegroundGroup(call),
  tiocspgrp: (call, fd, pgid) => terminal(call, fd).setForegroundGroup(call, pgid),
  tiocgsid: (call, fd) => terminal(call, fd).getSession(call),
  tiocsctty: (call, fd, steal) => terminal(call, fd).makeControlling(call, steal === 1),
  tiocnotty: (call, fd) => terminal(call, fd).giveUpControlling(call),
  tiocgptn: (call, fd) => terminal(call, fd).slaveNumber(),
  tiocsptlck: (call, fd, lock) => terminal(call, fd).lockSlave(lock !== 0),
};

function terminal(call: Call, fd: number): TerminalRequests {
  const file = call.file ?? call.process.fds.get(fd);
  if ((file.flags & O_PATH) !== 0) fail(Errno.EBADF);
  call.file = file;
  return file.terminal ?? fail(Errno.ENOTTY);
}
