/**
 * What the kernel's worker, the spawner and its guests say to each other. Guests report to the kernel on
 * a port of their own. What the kernel says to them passes through the spawner, because a compiled
 * module may be posted from a worker to its child, but not on a port to another origin.
 */
import type { GuestJob, GuestOutcome } from "../shared-memory/wasm-guest.ts";
import { checkThreadCall, type ThreadCall } from "./node-guest/messages.ts";

/** To the spawner. */
export type SpawnerRequest =
  /** First: the script that every guest begins with. */
  | { readonly type: "script"; readonly source: string }
  /** `port` is handed to the new guest, alone or with `data`. */
  | {
      readonly type: "spawn";
      readonly id: number;
      readonly port: MessagePort;
      readonly data?: unknown;
    }
  /** `request` is a GuestRequest, or what another kind of guests runs. */
  | { readonly type: "run"; readonly id: number; readonly request: unknown }
  | { readonly type: "end"; readonly id: number };

/** From the spawner: this guest's script failed, and it runs no more. */
export interface SpawnerReport {
  readonly failed: number;
  readonly message: string;
}

/** To a guest, after its port: run this program. It is sent again when the last has ended. */
export interface GuestRequest {
  readonly module: WebAssembly.Module;
  readonly job: GuestJob;
}

/** From a guest. */
export type GuestReport =
  /** First: it is there, and `confined` where its policy denies it the network. */
  | { readonly type: "ready"; readonly confined: boolean }
  | { readonly type: "ended"; readonly outcome: GuestOutcome }
  /** Of guests that run Node. */
  | { readonly type: "thread"; readonly call: ThreadCall }
  /** The bundle itself failed. */
  | { readonly type: "fault"; readonly message: string };

const SIGNAL_MAX = 64;

/** What a guest says may be anything; whatever makes no sense is its fault. */
export function checkReport(data: unknown): GuestReport {
  const { type, confined, outcome, message, call } = (data ?? {}) as Record<string, unknown>;
  if (type === "ready") return { type, confined: confined === true };
  if (type === "ended") {
    const { trap, memoryBytes } = (outcome ?? {}) as Partial<GuestOutcome>;
    const known = trap === undefined || isSignal(trap?.signal);
    if (known && typeof memoryBytes === "number" && memoryBytes >= 0) {
      return { type, outcome: { trap, memoryBytes } };
    }
  }
  if (type === "thread") {
    const checked = checkThreadCall(call);
    if (checked) return { type, call: checked };
  }
  return { type: "fault", message: type === "fault" ? String(message) : "it made no sense" };
}

function isSignal(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) <= SIGNAL_MAX;
}
