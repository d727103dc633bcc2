/**
 * Every process of one machine, from fork to the moment its parent has waited for it. Pid 1 is the
 * host: it has no program, adopts orphans and reaps them.
 */
import { Errno, fail } from "../errno.ts";
import { FdTable } from "../fd/fd-table.ts";
import type { Kernel } from "../kernel.ts";
import { PID_MAX } from "../limits.ts";
import { deliverPending, sendSignal, sendToGroup } from "../signals/deliver.ts";
import { SA_NOCLDSTOP, SA_NOCLDWAIT, SIG_IGN, Signal } from "../signals/numbers.ts";
import { SignalState } from "../signals/signal-state.ts";
import type { ForkAttributes } from "../syscalls/client.ts";
import { Gate } from "../syscalls/gate.ts";
import { FsContext } from "../vfs/context.ts";
import type { Credentials } from "./credentials.ts";
import { ProcessGroup, Session } from "./group.ts";
import { startMain } from "./main.ts";
import { Process } from "./process.ts";
import type { Main } from "./program.ts";
import { defaultLimits, limitOf, Resource } from "./resource-limits.ts";
import { exitStatus, signalStatus, stopStatus } from "./status.ts";

const ALL_CAPABILITIES = new Set([
  "basic",
  "read",
  "write",
  "process",
  "network",
  "terminal",
  "admin",
] as const);

export class ProcessTable {
  readonly #kernel: Kernel;
  readonly #processes = new Map<number, Process>();
  readonly #groups = new Map<number, ProcessGroup>();
  readonly #sessions = new Map<number, Session>();
  #lastPid = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  get(pid: number): Process | undefined {
    return this.#processes.get(pid);
  }

  group(pgid: number): ProcessGroup | undefined {
    return this.#groups.get(pgid);
  }

  /** Every process, zombies too, by age. */
  all(): Process[] {
    return [...this.#processes.values()];
  }

  get size(): number {
    return this.#processes.size;
  }

  /** Makes pid 1 and returns the host's gate to it. */
  boot(credentials: Credentials): Gate {
    const pid = this.#allocatePid();
    const limits = defaultLimits(this.#kernel.limits.processCpuTime);
    const init = new Process({
      pid,
      parent: undefined,
      group: new ProcessGroup(pid, new Session(undefined, pid)),
      credentials,
      capabilities: ALL_CAPABILITIES,
      limits,
      // The host streams many commands at once through pid 1: the hard limit is its own.
      fds: new FdTable(limitOf(limits, Resource.RLIMIT_NOFILE).hard),
      fs: new FsContext(this.#kernel.mounts.root.root),
      signals: new SignalState(),
      startTime: this.#kernel.host.clock.monotonic(),
    });
    init.command = "init";
    this.#add(init);
    init.gate = new Gate(this.#kernel, init);
    return init.gate;
  }

  /** A child of `parent` with a copy of all that fork(2) copies; it has no program yet. */
  create(parent: Process): Process {
    this.#checkLimits(parent);
    const child = new Process({
      pid: this.#allocatePid(),
      parent,
      group: parent.group,
      credentials: parent.credentials,
      capabilities: parent.capabilities,
      limits: new Map(parent.limits),
      fds: parent.fds.clone(this.#kernel.gauges.descriptors),
      fs: parent.fs.clone(this.#kernel.policy?.seals),
      signals: parent.signals.clone(),
      startTime: this.#kernel.host.clock.monotonic(),
    });
    child.fds.limit = limitOf(child.limits, Resource.RLIMIT_NOFILE).soft;
    child.argv = parent.argv;
    child.envp = parent.envp;
    child.executable = parent.executable;
    child.command = parent.command;
    child.nice = parent.nice;
    child.gaveTerminalUp = parent.gaveTerminalUp;
    this.#add(child);
    return child;
  }

  /** fork(2) for a program inside the kernel: the child runs `main`. */
  fork(parent: Process, main: Main, attributes: ForkAttributes): number {
    const child = this.create(parent);
    if (attributes.pgroup !== undefined) {
      try {
        this.setGroup(child, attributes.pgroup === 0 ? child.pid : attributes.pgroup);
      } catch (reason) {
        this.discard(child);
        throw reason;
      }
    }
    startMain(this.#kernel, child, main);
    return child.pid;
  }

  /** Removes a child that never ran. */
  discard(child: Process): void {
    if (child.state === "zombie") return;
    child.state = "zombie";
    child.fds.closeAll();
    this.#remove(child);
  }

  /** Moves `process` into group `pgid` of its session; its own pid makes a new group. */
  setGroup(process: Process, pgid: number): void {
    const { session } = process.group;
    let group = this.#groups.get(pgid);
    if (group === undefined && pgid === process.pid) {
      group = new ProcessGroup(pgid, session);
      this.#groups.set(pgid, group);
    }
    if (group?.session !== session) fail(Errno.EPERM);
    this.#join(process, group);
  }

  /** Makes `process` the leader of a new session and group (setsid(2)). */
  setSession(process: Process): void {
    if (this.#groups.has(process.pid)) fail(Errno.EPERM);
    const session = new Session(process, process.pid);
    const group = new ProcessGroup(process.pid, session);
    this.#sessions.set(session.id, session);
    this.#groups.set(group.id, group);
    process.gaveTerminalUp = false;
    this.#join(process, group);
  }

  exit(process: Process, status: number): void {
    this.#end(process, exitStatus(status));
  }

  /** Ends `process` as by a signal that it does not catch. Pid 1 cannot be ended. */
  terminate(process: Process, signal: number): void {
    if (process.parent !== undefined) this.#end(process, signalStatus(signal));
  }

  stop(process: Process, signal: number): void {
    process.state = "stopped";
    process.status = stopStatus(signal);
    process.report = "stopped";
    this.#tellParent(process, false);
  }

  /** Lets a stopped process run again. */
  continue(process: Process): void {
    if (process.state !== "stopped") return;
    process.state = "running";
    process.report = "continued";
    process.interruption.wake();
    this.#tellParent(process, false);
    deliverPending(this.#kernel, process);
  }

  /** Takes a zombie off the table: its parent knows. */
  reap(process: Process): void {
    if (process.parent) {
      process.parent.childrenUserTime += process.userTime + process.childrenUserTime;
    }
    this.#remove(process);
  }

  /** Ends everything at once: the machine is switched off. */
  shutdown(): void {
    const [init, ...others] = this.#processes.values();
    for (const process of others.reverse()) this.#end(process, signalStatus(Signal.SIGKILL));
    if (init) {
      init.state = "zombie";
      this.#release(init);
    }
    this.#processes.clear();
    this.#groups.clear();
    this.#sessions.clear();
  }

  #end(process: Process, status: number): void {
    if (process.state === "zombie") return;
    process.state = "zombie";
    process.status = status;
    process.report = undefined;
    this.#release(process);
    this.#leaveSession(process);
    this.#handChildrenOver(process);
    this.#tellParent(process, true);
  }

  /** Stops the program and closes what is open, in that order: a reader sees EOF before wait4 returns. */
  #release(process: Process): void {
    process.gate?.close();
    process.execution?.stop();
    process.gate = undefined;
    process.execution = undefined;
    process.fds.closeAll();
    process.alarm.cancel();
    process.interruption.wake();
  }

  /** A session that loses its leader loses its terminal: the foreground group is told by SIGHUP. */
  #leaveSession(process: Process): void {
    const { session } = process.group;
    if (session.leader !== process) return;
    session.leader = undefined;
    if (session.terminal) session.terminal.release(true);
    else if (session.lostForeground) {
      sendToGroup(this.#kernel, session.lostForeground, Signal.SIGHUP);
      sendToGroup(this.#kernel, session.lostForeground, Signal.SIGCONT);
    }
  }

  /** Pid 1 adopts the children; groups that nobody is left to continue are hung up (POSIX exit). */
  #handChildrenOver(process: Process): void {
    const init = this.#processes.get(1);
    const groups = new Set<ProcessGroup>();
    // Its own group loses its hold only where this process was one: a child of another group.
    const above = process.parent?.group;
    if (above !== process.group && above?.session === process.group.session)
      groups.add(process.group);
    for (const child of [...process.children]) {
      if (child.group.isOrphaned()) groups.delete(child.group);
      else groups.add(child.group);
      process.children.delete(child);
      child.parent = init;
      child.orphan = true;
      init?.children.add(child);
      if (child.state === "zombie") this.reap(child);
    }
    for (const group of groups) {
      if (!group.isOrphaned() || !group.hasStopped()) continue;
      sendToGroup(this.#kernel, group, Signal.SIGHUP);
      sendToGroup(this.#kernel, group, Signal.SIGCONT);
    }
  }

  /** Reports a change of state to the parent: SIGCHLD, and whoever waits in wait4. */
  #tellParent(process: Process, ended: boolean): void {
    const { parent } = process;
    if (!parent) return;
    const action = parent.signals.action(Signal.SIGCHLD);
    const unwanted = action.handler === SIG_IGN || (action.flags & SA_NOCLDWAIT) !== 0;
    if (ended && (process.orphan || unwanted)) this.reap(process);
    if (ended || (action.flags & SA_NOCLDSTOP) === 0) {
      sendSignal(this.#kernel, parent, Signal.SIGCHLD);
    }
    parent.childChange.wake();
  }

  #checkLimits(parent: Process): void {
    if (!this.#kernel.gauges.processes.admits(1)) fail(Errno.EAGAIN);
    const { uid, privileged } = parent.credentials;
    const { soft } = limitOf(parent.limits, Resource.RLIMIT_NPROC);
    if (privileged || soft >= this.#processes.size) return;
    let own = 0;
    for (const process of this.#processes.values()) if (process.credentials.uid === uid) own++;
    if (own >= soft) fail(Errno.EAGAIN);
  }

  /** The next number that is neither a process nor a group or session that still lives. */
  #allocatePid(): number {
    for (let tries = 0; tries < PID_MAX; tries++) {
      this.#lastPid = this.#lastPid >= PID_MAX ? RESERVED_PIDS : this.#lastPid + 1;
      const pid = this.#lastPid;
      if (!this.#processes.has(pid) && !this.#groups.has(pid) && !this.#sessions.has(pid))
        return pid;
    }
    return fail(Errno.EAGAIN);
  }

  #add(process: Process): void {
    process.fds.owner = process;
    this.#processes.set(process.pid, process);
    this.#kernel.gauges.processes.force(1);
    this.#groups.set(process.group.id, process.group);
    this.#sessions.set(process.group.session.id, process.group.session);
    process.group.members.add(process);
    process.parent?.children.add(process);
  }

  #remove(process: Process): void {
    this.#processes.delete(process.pid);
    this.#kernel.gauges.processes.give(1);
    process.parent?.children.delete(process);
    this.#leaveGroup(process);
  }

  #join(process: Process, group: ProcessGroup): void {
    if (process.group === group) return;
    this.#leaveGroup(process);
    process.group = group;
    group.members.add(process);
  }

  #leaveGroup(process: Process): void {
    const { group } = process;
    group.members.delete(process);
    if (group.members.size > 0) return;
    this.#groups.delete(group.id);
    group.session.groups.delete(group);
    if (group.session.groups.size === 0) this.#sessions.delete(group.session.id);
  }
}

/** Numbers below this one are given out only once, to what starts with the machine. */
const RESERVED_PIDS = 300;
