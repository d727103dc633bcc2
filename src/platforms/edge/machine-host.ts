/**
 * The one machine of a Durable Object, as the remote server asks for it. What it was made with is in the
 * object's storage and its last commit in the object's store, so that an object that was evicted boots it
 * again.
 */
import type { DurableObjectStorage } from "@cloudflare/workers-types";
import type { ChunkStore } from "../../../kernel/state/chunk-store.ts";
import { Embedding } from "../../embedding.ts";
import type { Platform } from "../../machine/platform.ts";
import type { ForkRequest, MachineOptions, StoreSource } from "../../machine/protocol.ts";
import { MachineService } from "../../machine/service.ts";
import { type NetworkOptions, normalizeNetwork } from "../../options/network.ts";
import { normalizePermissions, type Permissions } from "../../options/permissions.ts";
import { decider } from "../../permissions/deciders.ts";
import { noSuchMachine, RemoteError } from "../../remote/errors.ts";
import type { CreateRequest } from "../../remote/protocol.ts";
import { hangUp } from "../../remote/server/hang-up.ts";
import type { HeldMachine, MachineHost, MachineSummary } from "../../remote/server/host.ts";
import { StoreTravelGate } from "../../remote/server/travel-gate.ts";
import { inStore } from "../../remote/travel/in-store.ts";
import { committed, machineRef } from "../../remote/travel/refs.ts";
import { type Place, travel } from "../../remote/travel/travel.ts";
import type { KernelThread } from "../../thread/kernel-thread.ts";
import { normalizeTools } from "../../tools/normalize.ts";
import type { ToolGroup } from "../../tools/tool.ts";
import { forkName } from "./names.ts";

/** The key of the record in the object's storage. */
const RECORD = "isopod:machine";
const UNCLAIMED_MS = 60_000;
const STORE: StoreSource = { type: "durable-object" };

interface RunningMachine {
  readonly thread: KernelThread;
  readonly id: number;
}

export interface MachineRecord {
  readonly name: string;
  readonly request: CreateRequest;
}

export interface HostParts {
  readonly storage: DurableObjectStorage;
  readonly platform: Platform;
  /** The object of a machine that is to be: where it arrives, once it has this record. */
  readonly prepare: (record: MachineRecord) => Promise<Place>;
  /** What programs of the machine may call, asked at each boot. */
  readonly tools: () => ToolGroup;
  /** What it may reach, and how; asked at each boot too. */
  readonly permissions: () => Permissions;
  readonly network: () => NetworkOptions;
}

export class DurableMachineHost implements MachineHost {
  readonly travel: StoreTravelGate;
  readonly #parts: HostParts;
  #thread: KernelThread;
  #chunks: Promise<ChunkStore> | undefined;
  #running: Promise<RunningMachine> | undefined;
  #uses = 0;

  constructor(parts: HostParts) {
    this.#parts = parts;
    this.#thread = inThread(new MachineService(parts.platform));
    this.travel = new StoreTravelGate({
      chunks: () => this.#store(),
      commit: async () => {
        if (this.#running) await commit(await this.#running);
      },
      switchOff: () => this.#depart(),
      switchOn: (name) => this.#arrive(name),
    });
  }

  async list(): Promise<MachineSummary[]> {
    const record = this.#record;
    if (!record || !(await this.#isHere(record.name))) return [];
    const { name, request } = record;
    const state = this.#running ? "on" : "off";
    return [{ name, state, temporary: request.temporary ?? false }];
  }

  /** The Worker that leads here has chosen the name. */
  async create(name: string | undefined, request: CreateRequest): Promise<string> {
    if (name === undefined) throw new Error("a machine at the edge is made under a name");
    if (await this.#isHere(name)) throw taken(name);
    this.#record = { name, request };
    try {
      // Nothing was written yet, but it is there from now on.
      await commit(await this.#switchOn({ name, request }));
    } catch (reason) {
      await this.#forget();
      throw reason;
    }
    this.#awaitClaim({ name, request });
    return name;
  }

  async attach(name: string): Promise<HeldMachine> {
    this.travel.check(name);
    const record = this.#record;
    if (record?.name !== name) throw noSuchMachine(name);
    // It may have been moved away.
    if (!this.#running) await committed(await this.#store(), name);
    this.#uses++;
    let held = true;
    const release = () => {
      if (!held) return;
      held = false;
      if (--this.#uses === 0 && record.request.temporary) void this.remove(name).catch(() => {});
    };
    try {
      const running = await this.#switchOn(record);
      return { ...running, fork: (request) => this.#fork(record, request), release };
    } catch (reason) {
      release();
      throw reason;
    }
  }

  /** Whoever used it while it slept has gone. */
  async left(): Promise<void> {
    const record = this.#record;
    if (record?.request.temporary && this.#uses === 0) await this.#forget();
  }

  async remove(name: string): Promise<void> {
    if (this.#record?.name !== name) throw noSuchMachine(name);
    await this.#forget();
  }

  /** Takes the record of a machine that will arrive. */
  async expect(record: MachineRecord): Promise<void> {
    if (await this.#isHere(record.name)) throw taken(record.name);
    this.#record = record;
  }

  get #record(): MachineRecord | undefined {
    return this.#parts.storage.kv.get<MachineRecord>(RECORD);
  }

  set #record(record: MachineRecord) {
    this.#parts.storage.kv.put(RECORD, record);
  }

  /** An object that nobody made writes nothing, not even empty tables. */
  async #isHere(name: string): Promise<boolean> {
    if (!this.#record) return false;
    return (await (await this.#store()).readRef(machineRef(name))) !== undefined;
  }

  #store(): Promise<ChunkStore> {
    this.#chunks ??= this.#parts.platform.openStore(STORE);
    return this.#chunks;
  }

  #switchOn(record: MachineRecord): Promise<RunningMachine> {
    this.#running ??= this.#boot(record);
    return this.#running;
  }

  async #boot({ name, request }: MachineRecord): Promise<RunningMachine> {
    const { image, hostname, user, env = {}, cwd, limits = {}, from } = request;
    const common = { image, hostname, user, env, cwd, limits, mounts: [] };
    try {
      // What it began with is in its own commits once there is one.
      const isNew = !(await this.#isHere(name));
      const state = { store: STORE, name, from: isNew ? from : undefined };
      return { thread: this.#thread, id: await this.#create({ ...common, state }) };
    } catch (reason) {
      this.#running = undefined;
      throw reason;
    }
  }

  async #create(options: MachineOptions): Promise<number> {
    const embedding = new Embedding();
    embedding.tools.add(normalizeTools("IsopodMachine", this.#parts.tools(), "tools()"));
    const where = "IsopodMachine";
    const permissions = normalizePermissions(where, this.#parts.permissions());
    for (const [place, decide] of permissions.deciders) {
      embedding.deciders.set(place, decider(decide));
    }
    const granted = {
      permissions: [permissions.set],
      network: normalizeNetwork(where, this.#parts.network(), embedding),
      tools: embedding.tools.specs,
    };
    return this.#thread.create({ ...options, ...granted }, embedding);
  }

  /** A temporary machine whose maker never comes goes, too. */
  #awaitClaim({ request }: MachineRecord): void {
    if (request.temporary) setTimeout(() => void this.left(), UNCLAIMED_MS);
  }

  /** Another object that begins with what this one has now; all of it is sent there. */
  async #fork({ name, request }: MachineRecord, wanted: ForkRequest): Promise<string> {
    const fork = forkName(name, wanted.name);
    if (fork === undefined) {
      const message = `a fork of ${name} is named ${name}.fork. and what you like`;
      throw new RemoteError(403, "ERR_NAME_REFUSED", message);
    }
    if (this.#running) await commit(await this.#running);
    const { hostname, user, cwd, env } = wanted;
    const own = { hostname, user, cwd, env, temporary: wanted.name === undefined };
    const { limits } = request;
    const place = await this.#parts.prepare({
      name: fork,
      request: defined({ ...own, limits }),
    });
    await travel(inStore(await this.#store(), name, "the machine's object"), place, false);
    return fork;
  }

  async #arrive(name: string): Promise<void> {
    const record = this.#record ?? { name, request: {} };
    this.#record = record;
    await this.#switchOn(record);
    this.#awaitClaim(record);
  }

  async #depart(): Promise<void> {
    const running = await this.#running?.catch(() => undefined);
    if (!running) return;
    await hangUp(running.thread, running.id);
    this.#running = undefined;
    await running.thread.dispose(running.id);
  }

  async #forget(): Promise<void> {
    const running = await this.#running?.catch(() => undefined);
    this.#running = undefined;
    if (running) await running.thread.dispose(running.id);
    await (await this.#chunks)?.close();
    this.#chunks = undefined;
    await this.#parts.storage.deleteAll();
    this.#thread = inThread(new MachineService(this.#parts.platform));
  }
}

async function commit({ thread, id }: RunningMachine): Promise<void> {
  await thread.request(id, "machine", "commit", []);
}

function taken(name: string): RemoteError {
  return new RemoteError(409, "ERR_MACHINE_EXISTS", `there is a machine ${name} already`);
}

function defined<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as never;
}

/** Kernel and server share the thread: a request is a call. */
function inThread(service: MachineService): KernelThread {
  return {
    create: (options, embedder) => service.create(options, embedder),
    request: (id, part, name, args) => service.request(id, part, name, args),
    trace: (id, listener) => service.trace(id, listener),
    dispose: async (id) => service.dispose(id),
  };
}
