/** One entry of the process table: plain state, grouped by what it belongs to. */
import type { FdTable } from "../fd/fd-table.ts";
import type { SignalState } from "../signals/signal-state.ts";
import type { Gate } from "../syscalls/gate.ts";
import type { Capability } from "../syscalls/table.ts";
import type { RLimit } from "../syscalls/types.ts";
import { IntervalTimer } from "../time/interval-timer.ts";
import type { FsContext } from "../vfs/context.ts";
import { WaitQueue } from "../wait/wait-queue.ts";
import type { Credentials } from "./credentials.ts";
import type { ProcessGroup } from "./group.ts";
import type { Execution } from "./program.ts";

export class Process {
  // Identity. `parent` is undefined for pid 1 alone; a group always has its session.
  readonly pid: number;
  parent: Process | undefined;
  readonly children = new Set<Process>();
  group: ProcessGroup;
  /** It has no controlling terminal, though its session has one (TIOCNOTTY). */
  gaveTerminalUp = false;

  // What it may do. Capabilities only ever shrink.
  credentials: Credentials;
  capabilities: ReadonlySet<Capability>;
  readonly limits: Map<number, RLimit>;
  nice = 0;

  // What it has open.
  readonly fds: FdTable;
  readonly fs: FsContext;

  // The program. `gate` and `execution` change together at exec; both are closed at the end.
  argv: readonly string[] = [];
  envp: readonly string[] = [];
  /** Absolute path of the executable, for /proc/PID/exe. */
  executable = "";
  /** Name of the command, 15 bytes at most, for /proc/PID/comm. */
  command = "";
  gate: Gate | undefined;
  execution: Execution | undefined;
  hasExecuted = false;

  // Signals and waiting. `interruption` wakes whatever this process waits for.
  readonly signals: SignalState;
  readonly interruption = new WaitQueue();
  readonly alarm = new IntervalTimer();

  // State. A zombie keeps its table entry until it is waited for.
  state: "running" | "stopped" | "zombie" = "running";
  /** Raw wait status of a zombie, or of the last stop. */
  status = 0;
  /** Its parent ended before it: nobody but the kernel waits for it. */
  orphan = false;
  /** A stop or continue that the parent has not seen. */
  report: "stopped" | "continued" | undefined;
  /** Wakes a parent that waits for a child. */
  readonly childChange = new WaitQueue();

  // Accounting, monotonic nanoseconds.
  readonly startTime: bigint;
  userTime = 0n;
  childrenUserTime = 0n;

  constructor(init: {
    pid: number;
    parent: Process | undefined;
    group: ProcessGroup;
    credentials: Credentials;
    capabilities: ReadonlySet<Capability>;
    limits: Map<number, RLimit>;
    fds: FdTable;
    fs: FsContext;
    signals: SignalState;
    startTime: bigint;
  }) {
    this.pid = init.pid;
    this.parent = init.parent;
    this.group = init.group;
    this.credentials = init.credentials;
    this.capabilities = init.capabilities;
    this.limits = init.limits;
    this.fds = init.fds;
    this.fs = init.fs;
    this.signals = init.signals;
    this.startTime = init.startTime;
  }

  get stopped(): boolean {
    return this.state === "stopped";
  }
}
