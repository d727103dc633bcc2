/**
 * The one machine of a Durable Object, as the remote server asks for it. What it was made with is in the
 * object's storage, so that an object that was evicted boots it again.
 */
import type { DurableObjectStorage } from "@cloudflare/workers-types";
import type { Platform } from "../../machine/platform.ts";
import { MachineService } from "../../machine/service.ts";
import { noSuchMachine, RemoteError } from "../../remote/errors.ts";
import type { CreateRequest } from "../../remote/protocol.ts";
import type { HeldMachine, MachineHost, MachineSummary } from "../../remote/server/host.ts";
import type { KernelThread } from "../../thread/kernel-thread.ts";

/** The key of the record in the object's storage. */
const RECORD = "isopod:machine";

interface MachineRecord {
  readonly name: string;
  readonly request: CreateRequest;
}

export class DurableMachineHost implements MachineHost {
  readonly #storage: DurableObjectStorage;
  readonly #thread: KernelThread;
  #running: Promise<number> | undefined;
  #uses = 0;

  constructor(storage: DurableObjectStorage, platform: Platform) {
    this.#storage = storage;
    this.#thread = inThread(new MachineService(platform));
  }

  /** Its name; undefined before it was made. */
  get name(): string | undefined {
    return this.#record?.name;
  }

  async list(): Promise<MachineSummary[]> {
    const record = this.#record;
    if (!record) return [];
    const { name, request } = record;
    const state = this.#running ? "on" : "off";
    return [{ name, state, temporary: request.temporary ?? false }];
  }

  /** The Worker that leads here has chosen the name. */
  async create(name: string | undefined, request: CreateRequest): Promise<string> {
    if (name === undefined) throw new Error("a machine at the edge is made under a name");
    if (this.#record) {
      throw new RemoteError(409, "ERR_MACHINE_EXISTS", `there is a machine ${name} already`);
    }
    const record: MachineRecord = { name, request };
    this.#storage.kv.put(RECORD, record);
    try {
      await this.#switchOn(record);
    } catch (reason) {
      await this.#forget();
      throw reason;
    }
    return name;
  }

  async attach(name: string): Promise<HeldMachine> {
    const record = this.#record;
    if (record?.name !== name) throw noSuchMachine(name);
    this.#uses++;
    let held = true;
    const release = () => {
      if (!held) return;
      held = false;
      this.#uses--;
      if (this.#uses === 0 && record.request.temporary) void this.remove(name);
    };
    try {
      return { thread: this.#thread, id: await this.#switchOn(record), release };
    } catch (reason) {
      release();
      throw reason;
    }
  }

  async remove(name: string): Promise<void> {
    if (this.#record?.name !== name) throw noSuchMachine(name);
    await this.#forget();
  }

  get #record(): MachineRecord | undefined {
    return this.#storage.kv.get<MachineRecord>(RECORD);
  }

  #switchOn({ name, request }: MachineRecord): Promise<number> {
    this.#running ??= this.#boot(name, request);
    return this.#running;
  }

  async #boot(name: string, request: CreateRequest): Promise<number> {
    try {
      return await this.#thread.create({
        hostname: request.hostname ?? name.slice(0, 64),
        user: request.user,
        env: request.env ?? {},
        cwd: request.cwd,
        mounts: [],
        limits: request.limits ?? {},
        state: { store: { type: "durable-object" }, name },
      });
    } catch (reason) {
      this.#running = undefined;
      throw reason;
    }
  }

  async #forget(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    const id = await running?.catch(() => undefined);
    if (id !== undefined) await this.#thread.dispose(id);
    await this.#storage.deleteAll();
  }
}

/** Kernel and server share the thread: a request is a call. */
function inThread(service: MachineService): KernelThread {
  return {
    create: (options) => service.create(options),
    request: (id, part, name, args) => service.request(id, part, name, args),
    trace: (id, listener) => service.trace(id, listener),
    dispose: async (id) => service.dispose(id),
  };
}
