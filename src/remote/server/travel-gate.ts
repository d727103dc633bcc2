/** Machines that come and go by a server's routes, for any host that keeps them in a chunk store. */
import type { ChunkStore, Hash } from "../../../kernel/state/chunk-store.ts";
import { references } from "../../../kernel/state/references.ts";
import { type TransferTarget, transferTarget } from "../../stores/transfer-target.ts";
import { RemoteError } from "../errors.ts";
import {
  clearMark,
  committed,
  expectFree,
  isMoved,
  machineRef,
  markMoved,
  setGone,
} from "../travel/refs.ts";
import type { TravelGate } from "./host.ts";

export interface TravelGateOptions {
  /** The store that machine `name` is in, or will be. */
  chunks(name: string): Promise<ChunkStore>;
  /** Writes the state of a machine that is on to its store; nothing where it is off. */
  commit(name: string): Promise<void>;
  /** Ends its sessions, lets its shells write their history, commits it and switches it off. */
  switchOff(name: string): Promise<void>;
  /** Boots what arrived, once, so that it is known to run here. */
  switchOn(name: string): Promise<void>;
}

/** A machine that departed and was heard of no more is here again after so long. */
const DEPARTURE_MS = 600_000;
/** What is remembered of ways, for so many machines. */
const KEPT_MAX = 8;

export class StoreTravelGate implements TravelGate {
  readonly #options: TravelGateOptions;
  readonly #departing = new Map<string, number>();
  /** They remember what is whole. */
  readonly #targets = new Map<string, TransferTarget>();
  readonly #arrived = new Map<string, Hash>();

  constructor(options: TravelGateOptions) {
    this.#options = options;
  }

  /** Throws where the machine is on its way; a host asks before it switches one on. */
  check(name: string): void {
    const since = this.#departing.get(name);
    if (since === undefined) return;
    if (performance.now() - since > DEPARTURE_MS) {
      this.#departing.delete(name);
      return;
    }
    const message = `the machine ${name} is being moved away; it is here again if that fails`;
    throw new RemoteError(409, "ERR_MACHINE_TRAVELS", message);
  }

  chunks(name: string): Promise<ChunkStore> {
    return this.#options.chunks(name);
  }

  async target(name: string): Promise<TransferTarget> {
    const known = this.#targets.get(name);
    if (known) return known;
    const target = transferTarget(await this.chunks(name), references);
    remember(this.#targets, name, target);
    return target;
  }

  async depart(name: string, move: boolean): Promise<Hash> {
    if (move) this.#departing.set(name, performance.now());
    try {
      await (move ? this.#options.switchOff(name) : this.#options.commit(name));
      return await committed(await this.chunks(name), name);
    } catch (reason) {
      this.#departing.delete(name);
      throw reason;
    }
  }

  async moved(name: string): Promise<void> {
    const chunks = await this.chunks(name);
    // Asked for again after the answer was lost.
    const done =
      (await chunks.readRef(machineRef(name))) === undefined && (await isMoved(chunks, name));
    if (!done) {
      await committed(chunks, name);
      if (!this.#departing.has(name)) {
        throw new RemoteError(409, "ERR_MACHINE_STAYS", `the machine ${name} has not departed`);
      }
      await markMoved(chunks, name);
      this.#arrived.delete(name);
    }
    this.#departing.delete(name);
  }

  async stay(name: string): Promise<void> {
    this.#departing.delete(name);
  }

  async expect(name: string, root: Hash): Promise<void> {
    if (this.#arrived.get(name) === root) return;
    await expectFree(await this.chunks(name), name, root);
  }

  async arrive(name: string, root: Hash): Promise<void> {
    // Asked for again after the answer was lost; it may have been written to meanwhile.
    if (this.#arrived.get(name) === root) return;
    const chunks = await this.chunks(name);
    await expectFree(chunks, name, root);
    // Verifies that all of it has come.
    await (await this.target(name)).finish(machineRef(name), undefined, root);
    await expectFree(chunks, name, root);
    try {
      await this.#options.switchOn(name);
    } catch (reason) {
      await setGone(chunks, name, root);
      throw reason;
    }
    await clearMark(chunks, name);
    this.#targets.delete(name);
    remember(this.#arrived, name, root);
  }
}

/** The latest few. */
function remember<T>(known: Map<string, T>, name: string, value: T): void {
  known.delete(name);
  for (const oldest of known.keys()) {
    if (known.size < KEPT_MAX) break;
    known.delete(oldest);
  }
  known.set(name, value);
}
