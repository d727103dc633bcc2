/**
 * What a machine asks of whoever made it: decisions, and to be heard. Lives in the thread of the API;
 * everything that travels is structured-cloneable. One object serves a machine and its forks.
 */

import type { LimitName } from "../../kernel/gauges.ts";
import type { Asker, Crossing } from "../../kernel/policy.ts";
import type { CredentialRequest } from "../gateway/http/credentials.ts";
import type { Header } from "../http/message.ts";
import type { DriverAnswer, DriverCall } from "../mounts/custom/drivers.ts";
import type { ToolCall, ToolEvent } from "./tools/calls.ts";

export interface Embedder {
  /** A permission that a function, or a person behind it, decides. */
  decide(question: Question): Promise<Decision>;
  /** Something that the embedder may want to know; nobody waits for it. */
  tell(event: MachineEvent): void;
  /** What crossed the boundary, for the listener of that number; the next come when it is done. */
  audit(listener: number, events: readonly AuditEvent[]): Promise<void>;
  /** Headers for a request on its way out, of the function at that place of the options. */
  credentials(place: string, request: CredentialRequest): Promise<readonly Header[]>;
  /** An operation of a file system that the embedder wrote. */
  driver(call: DriverCall): Promise<DriverAnswer>;
  /** Begins a call of a tool: what comes of it first, at least one event. The last of all is its end. */
  runTool(call: ToolCall): Promise<readonly ToolEvent[]>;
  /** What comes next, asked when the last was taken. */
  continueTool(call: number): Promise<readonly ToolEvent[]>;
  /** Standard input for a tool that wants some; nothing is its end. */
  feedTool(call: number, bytes: Uint8Array): void;
  /** Nobody waits for this call any more. */
  cancelTool(call: number): void;
  /** Its last machine is gone: nothing more will be asked. */
  release(): void;
}

export interface Question {
  /** Which of the embedder's functions is to decide, by its path in the options: `permissions.network`. */
  readonly place: string;
  /** The rule that wants it asked, or the option. */
  readonly rule: string;
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
  /** The rule that said so. */
  readonly reason: string;
  /** Equal ones that came one after the other are told as one, at the time of the last. */
  readonly count: number;
  /** Events before it that were dropped because more came than were heard. */
  readonly missed: number;
}

/** A mounted file system failed where no program is told: at a close, or by an error without a code. */
export interface MountFault {
  readonly type: "mount-fault";
  readonly operation: string;
  readonly path: string;
  readonly message: string;
}

/** A limit is near, at four fifths of it, or reached. */
export interface LimitReport {
  readonly type: "limit";
  readonly limit: LimitName;
  readonly used: number;
  readonly max: number;
  /** Something was refused or ended because of it. */
  readonly reached: boolean;
  /** In words, with how to raise it. */
  readonly message: string;
}

export type MachineEvent = AuditEvent | LimitReport | MountFault;

/** A machine's embedder in another thread, by the number that the API's side gave it. */
export type EmbedderNumber = number;
