/** A virtual machine: the few nouns of the public API, the same on every host. */
import { Audit } from "./audit.ts";
import { type Evaluation, evaluate } from "./evaluation/evaluate.ts";
import { type ExecResult, exec, type OutputOf } from "./exec.ts";
import { VmFs } from "./fs/vm-fs.ts";
import { GuestConnection, waitForPort } from "./guest-connection.ts";
import { guestFetch } from "./guest-fetch.ts";
import type { AuditEvent, LimitReport, MachineEvent, MountFault } from "./machine/embedder.ts";
import type { PreviewAddress } from "./machine/network/protocol.ts";
import type { ProcessInfo, Snapshot, SnapshotDiff } from "./machine/protocol.ts";
import type {
  ExecOptions,
  OutputEncoding,
  SpawnOptions,
  TerminalOptions,
} from "./options/command-options.ts";
import type { EvaluateOptions } from "./options/evaluate-options.ts";
import { type ForkOptions, normalizeForkOptions } from "./options/fork-options.ts";
import type { VmStats } from "./options/limits.ts";
import { type Mount, normalizeMount } from "./options/mounts.ts";
import {
  type ConnectOptions,
  type FetchOptions,
  type GuestServer,
  normalizePreview,
  type PreviewOptions,
  type WaitOptions,
} from "./options/network-options.ts";
import { snapshotId, storedName } from "./options/stores.ts";
import type { RemoteMachine } from "./remote-machine.ts";
import { Terminal } from "./terminal.ts";
import { VmTools } from "./tools/vm-tools.ts";
import { VmProcess } from "./vm-process.ts";

export class Vm implements AsyncDisposable {
  /** The machine's files, in the shape of node:fs/promises; nothing is denied to it. */
  readonly fs: VmFs;
  /** Functions of yours that its programs may call. */
  readonly tools: VmTools;
  readonly #machine: RemoteMachine;
  readonly #audit: Audit;

  /** To be made by the host's createVm. */
  constructor(machine: RemoteMachine) {
    this.#machine = machine;
    this.fs = new VmFs(machine);
    this.#audit = new Audit(machine);
    this.tools = new VmTools(machine);
    machine.embedding.tools.attach(machine.id, this);
  }

  /**
   * Runs a line of bash and gathers what it writes. Resolves however the command ends by itself;
   * rejects with an ExecError, which holds the same fields, where it was cut short. Background jobs
   * that it leaves behind go on; their output is listened to for a moment longer.
   */
  exec<E extends OutputEncoding = "utf8">(
    command: string,
    options: ExecOptions<E> = {},
  ): Promise<ExecResult<OutputOf<E>>> {
    return exec(this.#machine, command, options);
  }

  /** Starts a program, found in PATH, without a shell. */
  spawn(argv: readonly string[], options: SpawnOptions = {}): Promise<VmProcess> {
    return VmProcess.spawn(this.#machine, argv, options);
  }

  /**
   * Runs JavaScript or TypeScript in the machine's Node: the value that it comes to, as data, and what it
   * wrote. Rejects with an EvaluationError where it throws or is cut short.
   */
  evaluate(code: string, options: EvaluateOptions = {}): Promise<Evaluation> {
    return evaluate(this.#machine, code, options);
  }

  /** Ends the program behind the context of that name; the next call with it begins anew. */
  endContext(name: string): Promise<void> {
    return this.#machine.machine("endContext", name);
  }

  /** Opens a terminal with the user's login shell on it, or another program. */
  openTerminal(options: TerminalOptions = {}): Promise<Terminal> {
    return Terminal.open(this.#machine, options);
  }

  /** Every process of the machine, zombies too. */
  processes(): Promise<ProcessInfo[]> {
    return this.#machine.machine("processes");
  }

  /** Sends a signal to a process, or with a negative pid to a group. */
  kill(pid: number, signal: string | number = "SIGTERM"): Promise<void> {
    return this.#machine.machine("kill", pid, signal);
  }

  /**
   * Asks an HTTP server in the machine, by its port or Unix socket; a string may be a path. Bodies stream
   * both ways; what comes is given as it came, not decompressed. Rejects with ECONNREFUSED where nobody
   * listens.
   */
  fetch(
    server: GuestServer,
    request: Request | URL | string = "/",
    options: FetchOptions = {},
  ): Promise<Response> {
    return guestFetch(this.#machine, server, request, options);
  }

  /** Connects to a server in the machine, by its port or Unix socket. */
  connect(server: GuestServer, options: ConnectOptions = {}): Promise<GuestConnection> {
    return GuestConnection.open(this.#machine, server, options);
  }

  /** Resolves when somebody in the machine listens on that port of its loopback. */
  waitForPort(port: number, options: WaitOptions = {}): Promise<void> {
    return waitForPort(this.#machine, port, options);
  }

  /** Where browsers find what the machine serves on a port; for machines of `isopod serve`. */
  preview(port: number, options: PreviewOptions = {}): Promise<PreviewAddress> {
    return this.#machine.network("preview", ...normalizePreview(port, options));
  }

  /** What the machine has of what it may have: processes, memory, disk, CPU time, egress and all else. */
  stats(): Promise<VmStats> {
    return this.#machine.machine("stats");
  }

  /**
   * Tells `listener` when a limit is near or reached, and of mounts that fail where no program is told;
   * the result ends it.
   */
  onEvent(listener: (event: LimitReport | MountFault) => void): () => void {
    const { listeners } = this.#machine.embedding;
    const own = (event: MachineEvent) => event.type !== "audit" && listener(event);
    listeners.add(own);
    return () => listeners.delete(own);
  }

  /** Mounts a file system at an absolute path, which is made where it is missing. */
  mount(path: string, mount: Mount): Promise<void> {
    const { drivers } = this.#machine.embedding;
    return this.#machine.machine("mount", normalizeMount("mount", path, mount, drivers));
  }

  unmount(path: string): Promise<void> {
    return this.#machine.machine("unmount", path);
  }

  /**
   * Makes everything so far durable. Resolves when it would survive a kill; a store that is full or
   * fails rejects with ENOSPC or EIO, and nothing is lost: the next commit tries again.
   */
  commit(): Promise<Snapshot> {
    return this.#machine.machine("commit");
  }

  /** Whether everything so far would survive a kill. */
  isCommitted(): Promise<boolean> {
    return this.#machine.machine("isCommitted");
  }

  /** Commits, and keeps that state under a name; without one, under the time. */
  snapshot(name?: string): Promise<Snapshot> {
    const place = { where: "snapshot", name: "name" };
    return this.#machine.machine("snapshot", name === undefined ? name : storedName(place, name));
  }

  /** The snapshots in the machine's store, the oldest first. */
  snapshots(): Promise<Snapshot[]> {
    return this.#machine.machine("snapshots");
  }

  /** Forgets a snapshot by its name. */
  removeSnapshot(name: string): Promise<void> {
    const place = { where: "removeSnapshot", name: "name" };
    return this.#machine.machine("removeSnapshot", storedName(place, name));
  }

  /** What differs between two snapshots or commits of the machine's store; without `to`, the files as they are. */
  diff(from: Snapshot | string, to?: Snapshot | string): Promise<SnapshotDiff> {
    const until = to === undefined ? to : snapshotId("diff", "to", to);
    return this.#machine.machine("diff", snapshotId("diff", "from", from), until);
  }

  /**
   * A machine of its own that begins with this one's files as they are now, and shares what neither
   * changes. Processes are not copied.
   */
  async fork(options: ForkOptions = {}): Promise<Vm> {
    return new Vm(await this.#machine.fork(normalizeForkOptions(options, this.#machine.embedding)));
  }

  /** Tells `listener` of every system call, one line each as strace words it; undefined ends it. */
  trace(listener: ((line: string) => void) | undefined): Promise<void> {
    return this.#machine.trace(listener && ((lines) => lines.forEach(listener)));
  }

  /**
   * Tells `listener` of what crosses the machine's boundary and of what was refused, from its start on
   * as far as it is remembered; undefined ends it. While a promise that it returns is pending, events
   * wait; those that are too many are dropped, and counted by the next one (`missed`).
   */
  audit(listener: ((event: AuditEvent) => unknown) | undefined): Promise<void> {
    return this.#audit.replace(listener);
  }

  /** The same as a stream, with room for a few events; cancelling it ends it. */
  crossings(): ReadableStream<AuditEvent> {
    return this.#audit.stream();
  }

  /**
   * Switches the machine off: its processes and everything that it held are gone. Its files are too,
   * unless it has a name in a store.
   */
  async dispose(): Promise<void> {
    try {
      await this.#machine.dispose();
    } finally {
      this.#audit.close();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}
