/** Processes: making, replacing, ending and waiting for them; groups, sessions, limits. */
import { Errno, fail } from "../errno.ts";
import { commitExec, prepareExec } from "../process/exec.ts";
import type { Process } from "../process/process.ts";
import { getLimit, setLimit } from "../process/resource-limits.ts";
import { spawn } from "../process/spawn.ts";
import { waitForChild } from "../process/wait.ts";
import type { Call } from "./call.ts";
import type { Handlers } from "./handlers.ts";

export const processCalls: Handlers<
  | "spawn"
  | "execve"
  | "exit"
  | "wait4"
  | "getpid"
  | "getppid"
  | "getpgid"
  | "setpgid"
  | "getsid"
  | "setsid"
  | "getpriority"
  | "setpriority"
  | "prlimit64"
  | "getrusage"
> = {
  spawn,

  execve(call, path, argv, envp) {
    if (call.process.pid === 1) fail(Errno.EPERM);
    commitExec(call.kernel, call.process, prepareExec(call, path, argv, envp));
  },

  exit(call, status) {
    // The machine's first process is the host's, and ends with the machine.
    if (call.process.pid === 1) fail(Errno.EPERM);
    call.kernel.processes.exit(call.process, status);
  },

  wait4: waitForChild,

  getpid: ({ process }) => process.pid,

  getppid: ({ process }) => process.parent?.pid ?? 0,

  getpgid: (call, pid) => find(call, pid).group.id,

  setpgid(call, pid, pgid) {
    const { kernel, process } = call;
    if (pgid < 0) fail(Errno.EINVAL);
    const target = pid === 0 ? process : kernel.processes.get(pid);
    if (!target || (target !== process && target.parent !== process)) fail(Errno.ESRCH);
    if (target.state === "zombie") fail(Errno.ESRCH);
    const { session } = target.group;
    if (session !== process.group.session || session.leader === target) fail(Errno.EPERM);
    if (target !== process && target.hasExecuted) fail(Errno.EACCES);
    kernel.processes.setGroup(target, pgid === 0 ? target.pid : pgid);
  },

  getsid: (call, pid) => find(call, pid).group.session.id,

  setsid(call) {
    call.kernel.processes.setSession(call.process);
    return call.process.pid;
  },

  getpriority: (call, pid) => find(call, pid).nice,

  setpriority(call, pid, nice) {
    const target = find(call, pid);
    const { privileged, euid } = call.process.credentials;
    if (!privileged && euid !== target.credentials.uid && euid !== target.credentials.euid) {
      fail(Errno.EPERM);
    }
    const wanted = Math.max(-20, Math.min(19, nice));
    if (wanted < target.nice && !privileged) fail(Errno.EACCES);
    target.nice = wanted;
  },

  prlimit64(call, pid, resource, limit) {
    const target = find(call, pid);
    const { uid, gid, privileged } = call.process.credentials;
    const to = target.credentials;
    const isSame = [to.uid, to.euid, to.suid].every((id) => id === uid);
    const isSameGroup = [to.gid, to.egid, to.sgid].every((id) => id === gid);
    if (target !== call.process && !privileged && !(isSame && isSameGroup)) fail(Errno.EPERM);
    const old = getLimit(target, resource);
    if (limit) setLimit(target, resource, limit, privileged);
    return old;
  },

  getrusage({ process }, who) {
    if (who !== RUSAGE_SELF && who !== RUSAGE_CHILDREN) fail(Errno.EINVAL);
    const utime = who === RUSAGE_SELF ? process.userTime : process.childrenUserTime;
    return { utime, stime: 0n, maxrss: 0 };
  },
};

const RUSAGE_SELF = 0;
const RUSAGE_CHILDREN = -1;

/** The process `pid`, 0 being the caller. */
function find({ kernel, process }: Call, pid: number): Process {
  return pid === 0 ? process : (kernel.processes.get(pid) ?? fail(Errno.ESRCH));
}
