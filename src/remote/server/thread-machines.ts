/**
 * The machines of one kernel thread, by name: those of `isopod serve`, or of a tab that serves its own. With
 * a store they outlive the thread: one that nobody uses is switched off after a while, and on again when it
 * is asked for. One that was made to be temporary goes with its last user.
 */
import type { ChunkStore, Hash } from "../../../kernel/state/chunk-store.ts";
import type {
  ForkRequest,
  MachineOptions,
  StateOptions,
  StoreSource,
} from "../../machine/protocol.ts";
import { forgetAnswers } from "../../machine/state/answers.ts";
import type { KernelThread } from "../../thread/kernel-thread.ts";
import { noSuchMachine, RemoteError } from "../errors.ts";
import { type CreateRequest, isMachineName } from "../protocol.ts";
import { committed } from "../travel/refs.ts";
import { hangUp } from "./hang-up.ts";
import type { HeldMachine, MachineHost, MachineSummary } from "./host.ts";
import { StoreTravelGate } from "./travel-gate.ts";

export interface ThreadMachinesOptions {
  /** Where a machine is switched on: the one kernel Worker, or a process of the machine's own. */
  readonly thread: () => KernelThread;
  /** Where the machines are kept; undefined: they end with the process. */
  readonly store?: { readonly source: StoreSource; readonly chunks: ChunkStore } | undefined;
  /** What every machine may reach; its clients have no say. Undefined: nothing. */
  readonly permissions?: MachineOptions["permissions"];
  /** Variables of the host's that every machine has. */
  readonly hostEnv?: MachineOptions["hostEnv"];
  /** Milliseconds after which a machine in a store that nobody uses is switched off. */
  readonly idleMs?: number;
  readonly onEvent?: ((name: string, what: string) => void) | undefined;
}

interface Entry {
  readonly name: string;
  /** Undefined: as the store has it. */
  readonly request: CreateRequest | undefined;
  readonly temporary: boolean;
  holds: number;
  running: Promise<Running> | undefined;
  idle: ReturnType<typeof setTimeout> | undefined;
}

interface Running {
  readonly thread: KernelThread;
  readonly id: number;
}

const DEFAULT_IDLE_MS = 300_000;
/** A temporary machine whose maker never came is removed after so long. */
const UNCLAIMED_MS = 60_000;
const REF = "machines/";

export class ThreadMachines implements MachineHost {
  readonly travel: StoreTravelGate | undefined;
  readonly #options: ThreadMachinesOptions;
  readonly #idleMs: number;
  readonly #entries = new Map<string, Entry>();
  /** Machines that are being switched off, by name: until then nobody else may write them. */
  readonly #leaving = new Map<string, Promise<void>>();
  #closed = false;

  constructor(options: ThreadMachinesOptions) {
    this.#options = options;
    this.#idleMs = options.idleMs ?? DEFAULT_IDLE_MS;
    const { store } = options;
    this.travel =
      store &&
      new StoreTravelGate({
        chunks: async () => store.chunks,
        commit: (name) => this.#commit(name),
        switchOff: (name) => this.#depart(name),
        switchOn: async (name) => (await this.attach(name)).release(),
      });
  }

  async list(): Promise<MachineSummary[]> {
    const names = new Set([...(await this.#stored()).keys(), ...this.#entries.keys()]);
    return [...names].sort().map((name) => {
      const entry = this.#entries.get(name);
      return { name, state: entry?.running ? "on" : "off", temporary: entry?.temporary ?? false };
    });
  }

  async create(wanted: string | undefined, request: CreateRequest): Promise<string> {
    const name = wanted ?? randomName();
    if (this.#entries.has(name)) throw taken(name);
    const temporary = request.temporary === true;
    const entry = this.#enter(name, request, temporary);
    try {
      if ((await this.#stored()).has(name)) throw taken(name);
      await this.#switchOn(entry);
    } catch (reason) {
      this.#entries.delete(name);
      throw reason;
    }
    // Nothing was written yet, but it is there from now on.
    if (this.#keeps(entry)) await commit(await this.#switchOn(entry));
    this.#options.onEvent?.(name, "made");
    this.#awaitIdle(entry);
    return name;
  }

  async attach(name: string): Promise<HeldMachine> {
    this.travel?.check(name);
    const entry = this.#entries.get(name) ?? (await this.#continued(name));
    entry.holds++;
    clearTimeout(entry.idle);
    let held = true;
    const release = () => {
      if (!held) return;
      held = false;
      if (--entry.holds > 0) return;
      if (entry.temporary) void this.remove(name).catch(() => {});
      else this.#awaitIdle(entry);
    };
    try {
      const { thread, id } = await this.#switchOn(entry);
      const fork = (request: ForkRequest) => this.#fork({ thread, id }, request);
      return { thread, id, fork, release };
    } catch (reason) {
      release();
      throw reason;
    }
  }

  async #fork({ thread, id }: Running, request: ForkRequest): Promise<string> {
    const name = request.name ?? randomName();
    if (this.#entries.has(name) || (await this.#stored()).has(name)) throw taken(name);
    const entry = this.#enter(name, undefined, request.name === undefined);
    const wanted = { ...request, name: this.#keeps(entry) ? name : undefined };
    const forking = thread.request(id, "machine", "fork", [wanted]);
    entry.running = forking.then((fork) => ({ thread, id: fork }));
    try {
      await entry.running;
    } catch (reason) {
      this.#entries.delete(name);
      throw reason;
    }
    this.#options.onEvent?.(name, "forked");
    this.#awaitIdle(entry);
    return name;
  }

  async remove(name: string): Promise<void> {
    const entry = this.#entries.get(name);
    const stored = await this.#stored();
    if (!entry && !stored.has(name)) throw noSuchMachine(name);
    this.#entries.delete(name);
    if (entry) await this.#switchOff(entry);
    // It was committed as it was switched off.
    const chunks = this.#options.store?.chunks;
    const ref = await chunks?.readRef(REF + name);
    if (ref !== undefined) await chunks?.swapRef(REF + name, ref, undefined);
    if (chunks) await forgetAnswers(chunks, name);
    this.#options.onEvent?.(name, "removed");
  }

  /** Switches every machine off; those in a store are committed. */
  async close(): Promise<void> {
    this.#closed = true;
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.all(entries.map((entry) => this.#switchOff(entry)));
  }

  /** What the store has, by name. */
  async #stored(): Promise<Map<string, Hash>> {
    const refs = (await this.#options.store?.chunks.refs()) ?? new Map<string, Hash>();
    const found = new Map<string, Hash>();
    for (const [ref, hash] of refs) {
      if (ref.startsWith(REF)) found.set(ref.slice(REF.length), hash);
    }
    return found;
  }

  async #continued(name: string): Promise<Entry> {
    const chunks = this.#options.store?.chunks;
    if (!chunks || !isMachineName(name)) throw noSuchMachine(name);
    await committed(chunks, name);
    return this.#entries.get(name) ?? this.#enter(name, undefined, false);
  }

  #enter(name: string, request: CreateRequest | undefined, temporary: boolean): Entry {
    if (this.#closed) throw new RemoteError(503, "ERR_STOPPING", "the server stops");
    const entry = { name, request, temporary, holds: 0, running: undefined, idle: undefined };
    this.#entries.set(name, entry);
    return entry;
  }

  /** One after the other, so that it is booted once. */
  async #switchOn(entry: Entry): Promise<Running> {
    const switching = this.#switchedOn(entry, entry.running);
    entry.running = switching;
    try {
      return await switching;
    } catch (reason) {
      if (entry.running === switching) entry.running = undefined;
      throw reason;
    }
  }

  /** A machine whose kernel died is gone, unless a store has it. */
  async #switchedOn(entry: Entry, before: Promise<Running> | undefined): Promise<Running> {
    const running = await before?.catch(() => undefined);
    if (running && !running.thread.dead) return running;
    if (running && !this.#keeps(entry)) {
      this.#entries.delete(entry.name);
      throw noSuchMachine(entry.name);
    }
    await this.#leaving.get(entry.name);
    const { permissions, hostEnv } = this.#options;
    const options = toOptions(entry.request ?? {}, this.#state(entry));
    const thread = this.#options.thread();
    const id = await thread.create({ ...options, permissions, hostEnv });
    return { thread, id };
  }

  #state(entry: Entry): StateOptions | undefined {
    const { store } = this.#options;
    const from = entry.request?.from;
    if (!store) return from === undefined ? undefined : { from };
    return { store: store.source, name: entry.temporary ? undefined : entry.name, from };
  }

  #keeps(entry: Entry): boolean {
    return this.#options.store !== undefined && !entry.temporary;
  }

  async #switchOff(entry: Entry): Promise<void> {
    clearTimeout(entry.idle);
    const running = await entry.running?.catch(() => undefined);
    entry.running = undefined;
    if (!running) return;
    const leaving = running.thread.dispose(running.id).finally(() => {
      if (this.#leaving.get(entry.name) === leaving) this.#leaving.delete(entry.name);
    });
    this.#leaving.set(entry.name, leaving);
    await leaving;
  }

  async #commit(name: string): Promise<void> {
    const entry = this.#entries.get(name);
    const running = await entry?.running;
    if (running && entry && this.#keeps(entry)) await commit(running);
  }

  /** Its processes hear of it, so that shells write their history. */
  async #depart(name: string): Promise<void> {
    const entry = this.#entries.get(name);
    if (!entry) return;
    if (!this.#keeps(entry)) {
      throw new RemoteError(409, "ERR_CANNOT_TRAVEL", "a temporary machine is kept nowhere");
    }
    const running = await entry.running?.catch(() => undefined);
    if (running) await hangUp(running.thread, running.id);
    this.#entries.delete(name);
    await this.#switchOff(entry);
    this.#options.onEvent?.(name, "switched off to be moved");
  }

  #awaitIdle(entry: Entry): void {
    clearTimeout(entry.idle);
    if (this.#closed || !(entry.temporary || this.#keeps(entry))) return;
    const check = () => void this.#whenIdle(entry).catch(() => {});
    entry.idle = setTimeout(check, entry.temporary ? UNCLAIMED_MS : this.#idleMs);
    // On Node it would keep the process alive.
    (entry.idle as { unref?: () => void }).unref?.();
  }

  /** What still runs in it keeps it on. */
  async #whenIdle(entry: Entry): Promise<void> {
    const running = await entry.running;
    if (!running || entry.holds > 0) return;
    if (entry.temporary) return this.remove(entry.name);
    const processes = await running.thread.request(running.id, "machine", "processes", []);
    if (entry.holds > 0) return;
    if (processes.some(({ state }) => state !== "zombie")) {
      this.#awaitIdle(entry);
      return;
    }
    this.#entries.delete(entry.name);
    await this.#switchOff(entry);
    this.#options.onEvent?.(entry.name, "switched off");
  }
}

async function commit({ thread, id }: Running): Promise<void> {
  await thread.request(id, "machine", "commit", []);
}

function toOptions(request: CreateRequest, state: StateOptions | undefined): MachineOptions {
  const { image, hostname, user, env = {}, cwd, limits = {} } = request;
  return { image, hostname, user, env, cwd, mounts: [], limits, state };
}

function randomName(): string {
  return `vm-${crypto.randomUUID().slice(0, 13)}`;
}

function taken(name: string): RemoteError {
  const message = `there is a machine ${JSON.stringify(name)} already; choose another name`;
  return new RemoteError(409, "ERR_MACHINE_EXISTS", message);
}
