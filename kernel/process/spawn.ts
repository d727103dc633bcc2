/**
 * posix_spawn(3) as one system call. The child exists from the start, as after vfork, but runs nothing
 * until its attributes, file actions and program are settled; whatever fails undoes it and is the
 * caller's error.
 */
import { Errno, fail } from "../errno.ts";
import { O_CLOEXEC } from "../fd/flags.ts";
import { Call } from "../syscalls/call.ts";
import { descriptorCalls } from "../syscalls/descriptors.ts";
import { pathCalls } from "../syscalls/paths.ts";
import { terminalCalls } from "../syscalls/terminals.ts";
import { type SpawnAction, type SpawnAttributes, SpawnOp } from "../syscalls/types.ts";
import { AT_FDCWD } from "../vfs/constants.ts";
import { forgetOutcomes } from "../wait/outcomes.ts";
import { isSleep, type Sleep } from "../wait/sleep.ts";
import { credentialsOf } from "./credentials.ts";
import { commitExec, prepareExec } from "./exec.ts";
import type { Process } from "./process.ts";

export function spawn(
  call: Call,
  path: string,
  argv: readonly string[],
  envp: readonly string[],
  actions: readonly SpawnAction[],
  attributes: SpawnAttributes,
): number {
  const embryo = call.state instanceof Embryo ? call.state : new Embryo(call);
  return embryo.grow(path, argv, envp, actions, attributes);
}

/** A child on its way, kept by the caller's call while a step sleeps. */
class Embryo {
  readonly #parentCall: Call;
  readonly #child: Process;
  #call: Call;
  #hasAttributes = false;
  #nextAction = 0;
  #isDone = false;

  constructor(parentCall: Call) {
    const { kernel, process } = parentCall;
    this.#parentCall = parentCall;
    this.#child = kernel.processes.create(process);
    this.#call = new Call(kernel, this.#child);
    parentCall.state = this;
    parentCall.onEnd = () => {
      this.#call.onEnd?.();
      if (!this.#isDone) kernel.processes.discard(this.#child);
    };
  }

  grow(
    path: string,
    argv: readonly string[],
    envp: readonly string[],
    actions: readonly SpawnAction[],
    attributes: SpawnAttributes,
  ): number {
    const child = this.#child;
    // Killed while it slept: it is the caller's to wait for.
    if (child.state === "zombie") return this.#born();
    if (!this.#hasAttributes) {
      this.#step((call) => apply(call, this.#parentCall.process, attributes));
      this.#hasAttributes = true;
    }
    for (; this.#nextAction < actions.length; this.#nextAction++) {
      this.#step((call) => perform(call, actions[this.#nextAction] as SpawnAction));
    }
    const image = this.#step((call) => prepareExec(call, path, argv, envp));
    if (attributes.sigmask !== undefined) child.signals.blocked = attributes.sigmask;
    commitExec(this.#call.kernel, child, image);
    return this.#born();
  }

  #born(): number {
    this.#isDone = true;
    return this.#child.pid;
  }

  /** One step as a call of the child; its notes last while it sleeps. */
  #step<T>(act: (call: Call) => T): T {
    const call = this.#call;
    let sleeps = false;
    try {
      return act(call);
    } catch (reason) {
      if (!isSleep(reason)) throw reason;
      sleeps = true;
      // What kills the child wakes its parent.
      throw { ...reason, queues: [...reason.queues, this.#child.interruption] } satisfies Sleep;
    } finally {
      if (!sleeps) {
        call.onEnd?.();
        forgetOutcomes();
        this.#call = new Call(call.kernel, this.#child);
      }
    }
  }
}

function apply(call: Call, parent: Process, attributes: SpawnAttributes): void {
  const { kernel, process: child } = call;
  const { sigdefault, setsid, pgroup, credentials, cwd } = attributes;
  if (sigdefault !== undefined) child.signals.setDefault(sigdefault);
  if (setsid) kernel.processes.setSession(child);
  if (pgroup !== undefined) kernel.processes.setGroup(child, pgroup === 0 ? child.pid : pgroup);
  if (credentials) {
    if (!parent.credentials.privileged) fail(Errno.EPERM);
    child.credentials = credentialsOf(credentials.uid, credentials.gid, [...credentials.groups]);
  }
  if (cwd !== undefined) pathCalls.chdir(call, cwd);
}

function perform(call: Call, action: SpawnAction): void {
  const { fds } = call.process;
  switch (action.op) {
    case SpawnOp.CLOSE:
      if (fds.has(action.fd)) fds.close(action.fd);
      return;
    case SpawnOp.DUP2:
      if (action.source === action.fd) fds.setCloseOnExec(action.fd, false);
      else descriptorCalls.dup3(call, action.source, action.fd, 0);
      return;
    case SpawnOp.OPEN:
      open(call, action);
      return;
    case SpawnOp.CHDIR:
      pathCalls.chdir(call, action.path);
      return;
    case SpawnOp.FCHDIR:
      pathCalls.fchdir(call, action.fd);
      return;
    case SpawnOp.CLOSEFROM:
      for (const fd of fds.numbers()) if (fd >= action.fd) fds.close(fd);
      return;
    case SpawnOp.TIOCSCTTY:
      terminalCalls.tiocsctty(call, action.fd, 0);
      return;
    default:
      fail(Errno.EINVAL);
  }
}

/** The file takes the place of what was open on its number. */
function open(call: Call, { fd, path, flags, mode }: SpawnAction): void {
  const { fds } = call.process;
  const opened = pathCalls.openat(call, AT_FDCWD, path, flags, mode);
  if (opened === fd) return;
  fds.replace(fd, fds.get(opened), (flags & O_CLOEXEC) !== 0);
  fds.close(opened);
}
