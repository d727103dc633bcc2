/**
 * One virtual machine and everything that the API can ask of it. Lives in the thread of its kernel;
 * requests arrive by name from the service.
 */
import { Errno, formatTrace, type Kernel, KernelError } from "../../kernel/index.ts";
import type { MemoryFileSystem } from "../../kernel/vfs/memory/file-system.ts";
import type { ToolSpec } from "../../runtimes/programs/tools/spec.ts";
import type { EgressGateway } from "../gateway/egress-gateway.ts";
import type { VmStats } from "../options/limits.ts";
import type { Guard } from "../permissions/guard.ts";
import { trustAuthorities } from "./authorities.ts";
import type { MachineParts } from "./boot.ts";
import { Commands } from "./commands.ts";
import { readSome, writeAll } from "./descriptors.ts";
import { openEgress, terminatorFor } from "./egress.ts";
import type { AuditEvent, Embedder } from "./embedder.ts";
import { type EvaluationRequest, type EvaluationResult, Evaluations } from "./evaluations.ts";
import { Files } from "./files/files.ts";
import { Trees } from "./files/trees.ts";
import type { FilledOptions } from "./image-defaults.ts";
import { watchLimits } from "./limits.ts";
import { Mounts } from "./mounts.ts";
import { GuestNetwork } from "./network/guest-network.ts";
import type { MachineImage, Platform, Terminator } from "./platform.ts";
import type {
  ExitStatus,
  ForkRequest,
  MachineOptions,
  MountRequest,
  ProcessInfo,
  RunRequest,
  RunResult,
  Snapshot,
  SnapshotDiff,
  SpawnRequest,
  SpawnResult,
  TerminalRequest,
  TerminalResult,
} from "./protocol.ts";
import { Runner } from "./run.ts";
import type { MachineState } from "./state/machine-state.ts";
import type { Snapshots } from "./state/snapshots.ts";
import { Terminals } from "./terminals.ts";
import { MachineTools } from "./tools/machine-tools.ts";

/** Gets some lines at a time; what it returns is awaited before a trace ends. */
export type TraceListener = (lines: string[]) => unknown;

/** What a machine may ask of the thread that it lives in. */
export interface MachineThread {
  /** Boots a machine that begins with a state of `parent`. */
  fork(options: MachineOptions, parent: MachineState): Promise<number>;
  readonly snapshots: Snapshots;
  /** Whoever made the machine; undefined where nobody is to be asked. */
  readonly embedder: Embedder | undefined;
  readonly guard: Guard;
  /** The machine's number in it. */
  readonly id: number;
}

const NOTHING = Promise.resolve();

export class Machine {
  readonly #kernel: Kernel;
  readonly #commands: Commands;
  readonly #runner: Runner;
  readonly #terminals: Terminals;
  readonly #evaluations: Evaluations;
  readonly #mounts: Mounts;
  readonly #egress: EgressGateway;
  readonly #terminator: Promise<Terminator> | undefined;
  readonly #tools: MachineTools;
  readonly #root: MemoryFileSystem;
  readonly #options: FilledOptions;
  readonly #platform: Platform;
  readonly #state: MachineState;
  readonly #thread: MachineThread;
  #traceEnd: (() => Promise<void>) | undefined;
  readonly files: Files;
  readonly trees: Trees;
  readonly network: GuestNetwork;

  constructor(
    { kernel, owner, root, programs }: MachineParts,
    options: FilledOptions,
    platform: Platform,
    state: MachineState,
    thread: MachineThread,
  ) {
    this.#kernel = kernel;
    watchLimits(kernel, thread.guard, thread.embedder);
    this.#root = root;
    this.#options = options;
    this.#platform = platform;
    this.#state = state;
    this.#thread = thread;
    this.#commands = new Commands(kernel, options);
    this.#runner = new Runner(kernel, this.#commands, thread.guard, options.limits);
    this.#terminals = new Terminals(kernel, this.#commands);
    this.#evaluations = new Evaluations(kernel, this.#commands);
    this.files = new Files(kernel.init);
    this.trees = new Trees(kernel.init, this.files);
    this.network = new GuestNetwork(kernel);
    this.#terminator = terminatorFor(options, platform);
    this.#egress = openEgress(kernel, options, platform, thread, this.#terminator);
    this.#mounts = new Mounts(kernel, this.trees, owner, platform, thread);
    this.#tools = new MachineTools({ kernel, trees: this.trees, programs, thread });
  }

  /** To be awaited before anything else is asked. */
  async start(image: MachineImage): Promise<void> {
    const { mounts, cwd } = this.#options;
    await this.#state.start(this.#root, this.#kernel.host, this.#options, image);
    for (const mount of mounts) await this.#mounts.mount(mount);
    const own = await this.#terminator;
    await trustAuthorities(this.#kernel, this.#options, this.#platform, own?.certificate);
    await this.#tools.start(this.#options.tools ?? [], this.#state.isContinued);
    const { home } = await this.#commands.account(undefined);
    await this.#kernel.init.chdir(cwd ?? home);
  }

  /** Resolves when the store has what it should keep of the machine. */
  async shutdown(): Promise<void> {
    // What programs wrote counts as written; who mounted it hears of what fails.
    await this.#mounts.flush().catch(() => {});
    this.halt();
    await this.#state.close();
  }

  /** Ends all that runs in it. */
  halt(): void {
    this.#egress.close();
    this.network.halt();
    this.#kernel.shutdown();
    this.#mounts.release();
  }

  // Commands

  run(request: RunRequest): Promise<RunResult> {
    return this.#runner.run(request);
  }

  cancel(token: number): void {
    this.#runner.cancel(token);
  }

  feed(token: number, bytes: Uint8Array): Promise<boolean> {
    return this.#runner.feed(token, bytes);
  }

  endInput(token: number): Promise<void> {
    return this.#runner.endInput(token);
  }

  spawn(request: SpawnRequest): Promise<SpawnResult> {
    return this.#commands.spawn(request);
  }

  /** How a child ended, by the number that it was started under. */
  exit(child: number): Promise<ExitStatus> {
    return this.#commands.exit(child);
  }

  kill(pid: number, signal: string | number): Promise<void> {
    return this.#commands.kill(pid, signal);
  }

  processes(): ProcessInfo[] {
    const { processes, bootTime } = this.#kernel;
    return processes.all().flatMap((process) =>
      process.pid === 1
        ? []
        : {
            pid: process.pid,
            ppid: process.parent?.pid ?? 0,
            pgid: process.group.id,
            sid: process.group.session.id,
            uid: process.credentials.euid,
            state: process.state,
            command: process.command,
            argv: process.argv,
            startedMs: Number((process.startTime - bootTime) / 1_000_000n),
          },
    );
  }

  // Code

  evaluate(request: EvaluationRequest): Promise<EvaluationResult> {
    return this.#evaluations.evaluate(request);
  }

  cancelEvaluation(token: number): void {
    this.#evaluations.cancel(token);
  }

  endContext(name: string): void {
    this.#evaluations.endContext(name);
  }

  // Terminals and pipes

  openTerminal(request: TerminalRequest): Promise<TerminalResult> {
    return this.#terminals.open(request);
  }

  resize(master: number, cols: number, rows: number): Promise<void> {
    return this.#terminals.resize(master, cols, rows);
  }

  /** What can be read from a pipe or terminal, `size` bytes at most; nothing at its end. */
  async readStream(fd: number, size: number): Promise<Uint8Array> {
    try {
      return await readSome(this.#kernel.init, fd, size);
    } catch (reason) {
      // A terminal whose last process is gone answers EIO.
      if (reason instanceof KernelError && reason.errno === Errno.EIO) return new Uint8Array(0);
      throw reason;
    }
  }

  async writeStream(fd: number, bytes: Uint8Array): Promise<void> {
    await writeAll(this.#kernel.init, fd, bytes);
  }

  async closeStream(fd: number): Promise<void> {
    await this.#kernel.init.close(fd);
  }

  // The machine itself

  mount(request: MountRequest): Promise<void> {
    return this.#mounts.mount(request);
  }

  unmount(target: string): Promise<void> {
    return this.#mounts.unmount(target);
  }

  /** What programs may call of the embedder's, from now on. */
  setTools(specs: readonly ToolSpec[]): Promise<void> {
    return this.#tools.replace(specs);
  }

  // Its state

  /** What it has of what it may have. */
  stats(): VmStats {
    const { gauges, usage, bootTime, host } = this.#kernel;
    gauges.memory.measure(usage.memory);
    const counts = Object.values(gauges).map(({ name, used, max }) => [name, { used, max }]);
    const uptimeMs = Number(host.clock.monotonic() - bootTime) / 1e6;
    return { ...Object.fromEntries(counts), uptimeMs };
  }

  /** Makes everything so far durable. */
  commit(): Promise<Snapshot> {
    return this.#state.commit();
  }

  isCommitted(): boolean {
    return this.#state.isCommitted;
  }

  snapshot(name: string | undefined): Promise<Snapshot> {
    return this.#state.snapshot(name);
  }

  /** Those of its store, the oldest first. */
  snapshots(): Promise<Snapshot[]> {
    return this.#thread.snapshots.list(this.#state.source);
  }

  removeSnapshot(name: string): Promise<void> {
    return this.#thread.snapshots.remove(this.#state.source, name);
  }

  /** What differs between two snapshots or commits, by id or name; without `to`, the present state. */
  async diff(from: string, to: string | undefined): Promise<SnapshotDiff> {
    const { source } = this.#state;
    return this.#thread.snapshots.diff(source, from, to ?? (await this.#state.commit()).id);
  }

  /** Boots a machine that begins with this one's state as it is now; its number in this thread. */
  async fork({ name, commit, permissions, ...changes }: ForkRequest): Promise<number> {
    const { id, store } = await this.#state.commit();
    const options = {
      ...this.#options,
      ...changes,
      env: { ...this.#options.env, ...changes.env },
      tools: this.#tools.list(),
      permissions: [...(this.#options.permissions ?? []), ...(permissions ? [permissions] : [])],
      state: { store, name, from: id, commit },
    };
    return this.#thread.fork(options, this.#state);
  }

  /** Tells the embedder's listener of that number of what crosses the machine's boundary, or ends it. */
  async audit(listener: number, wanted: boolean): Promise<void> {
    const { embedder, guard } = this.#thread;
    const hear = (events: readonly AuditEvent[]) => embedder?.audit(listener, events) ?? NOTHING;
    await guard.audit.listen(listener, wanted ? hear : undefined);
  }

  /**
   * Tells `listener` of every system call but the host's own, as strace(1) words it. Undefined ends
   * it; resolves when the listener so far has heard everything.
   */
  async trace(listener: TraceListener | undefined): Promise<void> {
    await this.#traceEnd?.();
    this.#traceEnd = undefined;
    this.#kernel.trace = undefined;
    if (!listener) return;
    const { scheduler } = this.#kernel.host;
    let waiting: string[] = [];
    let told: Promise<unknown> = Promise.resolve();
    const tell = () => {
      const lines = waiting;
      waiting = [];
      if (lines.length > 0) told = Promise.all([told, listener(lines)]);
    };
    this.#kernel.trace = (event) => {
      if (event.pid === 1) return;
      if (waiting.push(formatTrace(event)) === 1) void scheduler.yield().then(tell);
    };
    this.#traceEnd = async () => {
      tell();
      await told;
    };
  }
}
