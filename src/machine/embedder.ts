/**
 * What a machine asks of whoever made it: decisions, and to be heard. Lives in the thread of the API;
 * everything that travels is structured-cloneable. One object serves a machine and its forks.
 */

import type { Asker, Crossing } from "../../kernel/policy.ts";
import type { DriverAnswer, DriverCall } from "../mounts/custom/drivers.ts";

export interface Embedder {
  /** A permission that a function, or a person behind it, decides. */
  decide(question: Question): Promise<Decision>;
  /** Something that the embedder may want to know; nobody waits for it. */
  tell(event: MachineEvent): void;
  /** An operation of a file system that the embedder wrote. */
  driver(call: DriverCall): Promise<DriverAnswer>;
  /** Its last machine is gone: nothing more will be asked. */
  release(): void;
}

export interface Question {
  /** Which of the embedder's functions is to decide, by its path in the options: `permissions.network`. */
  readonly place: string;
  readonly crossing: Crossing;
  readonly asker: Asker;
}

/** `session`: for this machine's life; `always`: kept with the machine. */
export interface Decision {
  readonly allow: boolean;
  readonly remember: "once" | "session" | "always";
}

/** One crossing of the machine's boundary, or an attempt. */
export interface AuditEvent {
  readonly type: "audit";
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly asker: Asker;
  readonly crossing: Crossing;
  readonly allowed: boolean;
  readonly reason: string;
}

export type MachineEvent = AuditEvent;

/** A machine's embedder in another thread, by the number that the API's side gave it. */
export type EmbedderNumber = number;
