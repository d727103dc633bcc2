/**
 * The machines of `isopod serve`, by name, all in this process's kernel Worker. A machine that was made to
 * be temporary goes with its last user.
 */
import { randomUUID } from "node:crypto";
import type { MachineOptions } from "../../machine/protocol.ts";
import type { KernelThread } from "../../thread/kernel-thread.ts";
import { noSuchMachine, RemoteError } from "../errors.ts";
import type { CreateRequest } from "../protocol.ts";
import type { HeldMachine, MachineHost, MachineSummary } from "../server/host.ts";

interface Entry {
  readonly id: number;
  readonly temporary: boolean;
  holds: number;
}

export class NodeMachines implements MachineHost {
  readonly #thread: () => KernelThread;
  readonly #entries = new Map<string, Entry>();
  /** Names that are being made. */
  readonly #reserved = new Set<string>();

  constructor(thread: () => KernelThread) {
    this.#thread = thread;
  }

  async list(): Promise<MachineSummary[]> {
    return [...this.#entries].map(([name, { temporary }]) => ({ name, state: "on", temporary }));
  }

  async create(wanted: string | undefined, request: CreateRequest): Promise<string> {
    const name = wanted ?? `vm-${randomUUID().slice(0, 13)}`;
    if (this.#entries.has(name) || this.#reserved.has(name)) throw taken(name);
    this.#reserved.add(name);
    try {
      const id = await this.#thread().create(toOptions(request));
      this.#entries.set(name, { id, temporary: request.temporary === true, holds: 0 });
    } finally {
      this.#reserved.delete(name);
    }
    return name;
  }

  async attach(name: string): Promise<HeldMachine> {
    const entry = this.#entries.get(name);
    if (!entry) throw noSuchMachine(name);
    entry.holds++;
    let released = false;
    return {
      thread: this.#thread(),
      id: entry.id,
      release: () => {
        if (released) return;
        released = true;
        if (--entry.holds === 0 && entry.temporary) void this.remove(name).catch(() => {});
      },
    };
  }

  async remove(name: string): Promise<void> {
    const entry = this.#entries.get(name);
    if (!entry) throw noSuchMachine(name);
    this.#entries.delete(name);
    await this.#thread().dispose(entry.id);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#entries.keys()].map((name) => this.remove(name)));
  }
}

function toOptions(request: CreateRequest): MachineOptions {
  const { image, hostname = "isopod", user, env = {}, cwd, limits = {} } = request;
  return { image, hostname, user, env, cwd, mounts: [], limits };
}

function taken(name: string): RemoteError {
  const message = `there is a machine ${JSON.stringify(name)} already; choose another name`;
  return new RemoteError(409, "ERR_MACHINE_EXISTS", message);
}
