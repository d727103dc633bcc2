/**
 * One virtual machine: its file systems, processes, terminals and clock. A Kernel has no thread of its
 * own; many live in one host thread, each reached through its programs' system calls alone.
 */
import { MemoryBudget } from "./fd/memory-budget.ts";
import {
  DEFAULT_LIMITS,
  type Gauges,
  type KernelLimits,
  type LimitEvent,
  makeGauges,
} from "./gauges.ts";
import type { Host } from "./host.ts";
import { CODEC_MEMORY } from "./limits.ts";
import { Network } from "./net/network.ts";
import { PipeBudget } from "./pipes/pipe-budget.ts";
import type { Policy } from "./policy.ts";
import { type Credentials, credentialsOf } from "./process/credentials.ts";
import { ProcessTable } from "./process/process-table.ts";
import type { BinaryFormat, Main } from "./process/program.ts";
import { Usage } from "./process/usage.ts";
import { createSys, type Sys } from "./syscalls/client.ts";
import type { TraceEvent } from "./syscalls/strace.ts";
import { Timers } from "./time/timers.ts";
import { PtyTable } from "./tty/pty-table.ts";
import type { FileSystem } from "./vfs/file-system.ts";
import { InotifyBudget } from "./vfs/inotify/inotify-file.ts";
import { MountTable } from "./vfs/mount-table.ts";
import { Quota } from "./vfs/quota.ts";
import { Turn } from "./wait/turn.ts";

export interface KernelOptions {
  readonly host: Host;
  /** Mounted at /. */
  readonly root: FileSystem;
  /** In-kernel programs by the name that their executable files hold. */
  readonly programs?: ReadonlyMap<string, Main>;
  /** Tried in order on what is neither `#!` nor an in-kernel program. */
  readonly formats?: readonly BinaryFormat[];
  readonly hostname?: string;
  /** Owner of what the host creates through pid 1. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  readonly limits?: Partial<KernelLimits>;
  /** Without one nothing leaves the machine, and every program may run. */
  readonly policy?: Policy;
}

export class Kernel {
  readonly host: Host;
  readonly limits: KernelLimits;
  readonly policy: Policy | undefined;
  readonly programs: ReadonlyMap<string, Main>;
  readonly formats: readonly BinaryFormat[];
  readonly timers: Timers;
  readonly turn: Turn;
  readonly mounts: MountTable;
  /** What the machine has of what it may have. */
  readonly gauges: Gauges;
  /** Hears when a limit is near or reached. */
  onLimit: ((event: LimitEvent) => void) | undefined;
  readonly pipes: PipeBudget;
  readonly inotify = new InotifyBudget();
  readonly codecs = new MemoryBudget(CODEC_MEMORY);
  readonly network: Network;
  readonly usage = new Usage(this);
  readonly ptys: PtyTable;
  readonly processes: ProcessTable;
  readonly bootTime: bigint;
  hostname: string;
  /** Counts changes of status flags (F_SETFL), for clients that remember them. */
  flagsVersion = 0;
  /** Called at the end of every system call while set. */
  trace: ((event: TraceEvent) => void) | undefined;
  /** The host's own way in: pid 1, ancestor and reaper of every process, with every capability. */
  readonly init: Sys;
  #lastInode = 0;

  constructor(options: KernelOptions) {
    this.host = options.host;
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.gauges = makeGauges(this.limits, (event) => this.onLimit?.(event));
    this.pipes = new PipeBudget(this.gauges.pipes);
    this.policy = options.policy;
    this.programs = options.programs ?? new Map();
    this.formats = options.formats ?? [];
    this.hostname = options.hostname ?? "isopod";
    this.bootTime = this.host.clock.monotonic();
    this.timers = new Timers(this.host);
    this.turn = new Turn(this.host);
    this.mounts = new MountTable(options.root, {
      clock: this.host.clock,
      quota: new Quota(this.gauges),
    });
    this.network = new Network(this.host, this.gauges.sockets);
    this.ptys = new PtyTable(this);
    this.processes = new ProcessTable(this);
    this.init = createSys(this.processes.boot(ownerCredentials(options)));
  }

  /** A number for the inode of what no file system holds: pipes, sockets. */
  nextAnonymousInode(): number {
    return ++this.#lastInode;
  }

  /** Monotonic milliseconds, for time slices. */
  milliseconds(): number {
    return Number(this.host.clock.monotonic() / 1000n) / 1000;
  }

  /** Kills every process and lets go of everything that is open. The kernel answers no call after it. */
  shutdown(): void {
    this.processes.shutdown();
    this.timers.cancelAll();
  }
}

function ownerCredentials(options: KernelOptions): Credentials {
  const { uid, gid } = options.owner ?? { uid: 0, gid: 0 };
  return { ...credentialsOf(uid, gid), privileged: true };
}
