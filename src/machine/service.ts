/**
 * The machines of one thread, and the one door to them: a request names a machine, an operation and
 * its arguments. What an operation throws leaves as a Failure, so that it survives the way between
 * threads.
 */
import { Errno, KernelError, ProcessGone } from "../../kernel/index.ts";
import { AT_FDCWD } from "../../kernel/vfs/constants.ts";
import { IsopodError } from "../errors.ts";
import { Guard } from "../permissions/guard.ts";
import type { Memory } from "../permissions/questions.ts";
import { bootKernel, type MachineParts } from "./boot.ts";
import type { Embedder } from "./embedder.ts";
import { isDirectory } from "./files/calls.ts";
import type { Files } from "./files/files.ts";
import type { Trees } from "./files/trees.ts";
import { type FilledOptions, withImageDefaults } from "./image-defaults.ts";
import { Machine, type TraceListener } from "./machine.ts";
import type { GuestNetwork } from "./network/guest-network.ts";
import type { MachineImage, Platform } from "./platform.ts";
import { type Failure, isFailure, type MachineOptions } from "./protocol.ts";
import { MachineState } from "./state/machine-state.ts";
import { OpenStores } from "./state/open-stores.ts";
import { Snapshots } from "./state/snapshots.ts";

type Methods<T> = {
  [K in keyof T as T[K] extends (...args: never[]) => unknown ? K : never]: T[K];
};

/** The operations of a machine, in four parts. */
export interface Operations {
  machine: Omit<Methods<Machine>, "start" | "shutdown" | "halt" | "trace">;
  files: Methods<Files>;
  trees: Methods<Trees>;
  network: Omit<Methods<GuestNetwork>, "halt">;
}

/** Asked of no machine, under the part "snapshots"; a remote client has no such part. */
export type SnapshotOperations = Methods<Snapshots>;

export type Part = keyof Operations;
export type Arguments<P extends Part, N extends keyof Operations[P]> = Operations[P][N] extends (
  ...args: infer A
) => unknown
  ? A
  : never;
export type Result<P extends Part, N extends keyof Operations[P]> = Operations[P][N] extends (
  ...args: never[]
) => infer R
  ? Awaited<R>
  : never;

export class MachineService {
  readonly #platform: Platform;
  readonly #stores: OpenStores;
  readonly #snapshots: Snapshots;
  readonly #machines = new Map<number, Machine>();
  /** Whom each machine asks. */
  readonly #embedders = new Map<number, Embedder>();
  #lastId = 0;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#stores = new OpenStores(platform);
    this.#snapshots = new Snapshots(this.#stores, platform);
  }

  /** Boots a machine; its id. */
  async create(options: MachineOptions, embedder?: Embedder): Promise<number> {
    return outward(() => this.#create(options, undefined, embedder)).catch((reason) => {
      embedder?.release();
      throw reason;
    });
  }

  async request<P extends Part, N extends keyof Operations[P] & string>(
    id: number,
    part: P,
    name: N,
    args: Arguments<P, N>,
  ): Promise<Result<P, N>> {
    return outward(() => {
      const ofStores = (part as string) === "snapshots";
      const target = ofStores ? this.#snapshots : partOf(this.#find(id), part);
      return call(target, part, name, args) as Result<P, N>;
    });
  }

  /** Tells `listener` of system calls, some lines at a time; undefined ends it. */
  async trace(id: number, listener: TraceListener | undefined): Promise<void> {
    await this.#machines.get(id)?.trace(listener);
  }

  /**
   * Switches a machine off; whatever is under way in it fails. Rejects where its store does not take
   * what was to be kept.
   */
  async dispose(id: number): Promise<void> {
    const machine = this.#machines.get(id);
    this.#machines.delete(id);
    try {
      await outward(async () => machine?.shutdown());
    } finally {
      this.#letGo(id);
    }
  }

  /** Switches everything off; resolves when no guest runs any more and the thread may end. */
  async disposeAll(): Promise<void> {
    await Promise.allSettled([...this.#machines.keys()].map((id) => this.dispose(id)));
    await this.#platform.settle();
  }

  async #create(
    options: MachineOptions,
    parent: MachineState | undefined,
    embedder: Embedder | undefined,
  ): Promise<number> {
    const { host } = this.#platform;
    const state = await MachineState.open(options.state ?? {}, this.#stores, host, parent);
    const id = ++this.#lastId;
    const machine = await this.#boot(id, options, state, embedder).catch(async (reason) => {
      await state.close().catch(() => {});
      throw reason;
    });
    this.#machines.set(id, machine);
    if (embedder) this.#embedders.set(id, embedder);
    return id;
  }

  async #boot(
    id: number,
    options: MachineOptions,
    state: MachineState,
    embedder: Embedder | undefined,
  ): Promise<Machine> {
    const completed = state.complete(options);
    const image = await this.#openImage(completed.image, state.image);
    const filled = withImageDefaults(completed, image.config);
    const kept = await state.root(filled, image);
    const guard = this.#guard(filled, embedder, await state.answers());
    const parts = await bootKernel(filled, this.#platform, image, guard.policy, kept);
    // It may have been removed since the machine was made.
    const isLost = state.isContinued && options.cwd === undefined && !(await hasCwd(parts, filled));
    const machine = new Machine(
      parts,
      isLost ? { ...filled, cwd: undefined } : filled,
      this.#platform,
      state,
      {
        fork: (fork, parent) => this.#create(fork, parent, embedder),
        snapshots: this.#snapshots,
        embedder,
        id,
        guard,
      },
    );
    try {
      await machine.start(image);
    } catch (reason) {
      machine.halt();
      throw reason;
    }
    return machine;
  }

  #guard(
    { permissions = [] }: MachineOptions,
    embedder: Embedder | undefined,
    memory: Memory,
  ): Guard {
    const { clock } = this.#platform.host;
    const now = () => Number(clock.realtime() / 1_000_000n);
    return new Guard({ sets: permissions, embedder, memory, now });
  }

  /** A machine goes on with the image that it had, which has another address on each host. */
  async #openImage(
    wanted: string | undefined,
    before: MachineState["image"],
  ): Promise<MachineImage> {
    if (wanted !== undefined || !before) return this.#platform.openImage(wanted);
    const base = await this.#platform.openImage().catch(() => undefined);
    if (base?.digest !== undefined && base.digest === before.digest) return base;
    return this.#platform.openImage(before.reference);
  }

  #letGo(id: number): void {
    const embedder = this.#embedders.get(id);
    this.#embedders.delete(id);
    if (embedder && ![...this.#embedders.values()].includes(embedder)) embedder.release();
  }

  #find(id: number): Machine {
    const machine = this.#machines.get(id);
    if (!machine) throw gone();
    return machine;
  }
}

async function hasCwd({ kernel }: MachineParts, { cwd }: FilledOptions): Promise<boolean> {
  if (cwd === undefined) return true;
  try {
    return isDirectory(await kernel.init.newfstatat(AT_FDCWD, cwd, 0));
  } catch {
    return false;
  }
}

function partOf(machine: Machine, part: Part): object {
  return part === "machine" ? machine : machine[part];
}

function call(target: object, part: Part, name: string, args: readonly unknown[]): unknown {
  const method = (target as unknown as Record<string, unknown>)[name];
  if (typeof method === "function") return method.apply(target, args);
  throw new TypeError(`there is no operation ${part}.${name}`);
}

async function outward<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (reason) {
    throw toFailure(reason);
  }
}

function toFailure(reason: unknown): Failure {
  if (isFailure(reason)) return reason;
  if (reason instanceof KernelError) {
    return { failure: true, errno: reason.errno, syscall: "", reason: reason.reason };
  }
  if (reason instanceof ProcessGone) return gone();
  const { message, stack } = reason instanceof Error ? reason : new Error(String(reason));
  if (reason instanceof IsopodError) {
    return { failure: true, errno: undefined, syscall: "", code: reason.code, message };
  }
  return { failure: true, errno: undefined, syscall: "", message, stack };
}

function gone(): Failure {
  return { failure: true, errno: Errno.ESRCH, syscall: "", message: "the machine is switched off" };
}
