/** wait4(2): which children count, and what is reported of them. */
import { Errno, fail } from "../errno.ts";
import type { Call } from "../syscalls/call.ts";
import type { WaitResult } from "../syscalls/types.ts";
import { sleepOn } from "../wait/sleep.ts";
import type { Process } from "./process.ts";
import { CONTINUED_STATUS, WCONTINUED, WNOHANG, WUNTRACED } from "./status.ts";

export function waitForChild(call: Call, pid: number, options: number): WaitResult {
  const { kernel, process } = call;
  if ((options & ~(WNOHANG | WUNTRACED | WCONTINUED | ANY_KIND)) !== 0) fail(Errno.EINVAL);
  let candidates = 0;
  for (const child of process.children) {
    if (!isMeant(child, pid, process) || child.orphan) continue;
    candidates++;
    if (child.state === "zombie") {
      kernel.processes.reap(child);
      return result(child, child.status);
    }
    const { report } = child;
    if (report === "stopped" && (options & WUNTRACED) !== 0) {
      child.report = undefined;
      return result(child, child.status);
    }
    if (report === "continued" && (options & WCONTINUED) !== 0) {
      child.report = undefined;
      return result(child, CONTINUED_STATUS);
    }
  }
  if (candidates === 0) fail(Errno.ECHILD);
  if ((options & WNOHANG) !== 0) return NOTHING;
  return sleepOn(process.childChange);
}

/** __WALL, __WCLONE and __WNOTHREAD: every child here is of the one kind. */
const ANY_KIND = 0xe000_0000 | 0;

const NOTHING: WaitResult = {
  pid: 0,
  status: 0,
  rusage: { utime: 0n, stime: 0n, maxrss: 0 },
};

function isMeant(child: Process, pid: number, parent: Process): boolean {
  if (pid > 0) return child.pid === pid;
  if (pid === -1) return true;
  return child.group.id === (pid === 0 ? parent.group.id : -pid);
}

function result(child: Process, status: number): WaitResult {
  const utime = child.userTime + child.childrenUserTime;
  return { pid: child.pid, status, rusage: { utime, stime: 0n, maxrss: 0 } };
}
