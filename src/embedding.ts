/**
 * What a machine asks of whoever made it, in the thread of the API: one object for a machine and its
 * forks, which holds the embedder's functions. Machine options carry names and numbers for them alone.
 */
import type { CredentialRequest } from "./gateway/http/credentials.ts";
import type { Header } from "./http/message.ts";
import type { AuditEvent, Decision, Embedder, MachineEvent, Question } from "./machine/embedder.ts";
import type { ToolCall, ToolEvent } from "./machine/tools/calls.ts";
import { type DriverAnswer, type DriverCall, Drivers } from "./mounts/custom/drivers.ts";
import { EmbeddedTools } from "./tools/embedded-tools.ts";

type CredentialFunction = (request: CredentialRequest) => Promise<readonly Header[]>;

export class Embedding implements Embedder {
  /** Functions that decide, by the place in the options that they stand at. */
  readonly deciders = new Map<string, (question: Question) => Promise<Decision>>();
  /** Functions that tell credentials, by their place in the options. */
  readonly credentialSources = new Map<string, CredentialFunction>();
  readonly listeners = new Set<(event: MachineEvent) => void>();
  /** Called when nothing more will be heard: the last machine is gone, or its kernel died. */
  readonly farewells = new Set<() => void>();
  readonly #auditors = new Map<number, (event: AuditEvent) => unknown>();
  #lastAuditor = 0;
  /** File systems that the embedder wrote. */
  readonly drivers = new Drivers();
  readonly tools = new EmbeddedTools();

  async decide(question: Question): Promise<Decision> {
    const decider = this.deciders.get(question.place);
    if (!decider) throw new Error(`nobody decides about ${question.place}`);
    return decider(question);
  }

  tell(event: MachineEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  /** The number under which a listener hears of crossings. */
  addAuditor(listener: (event: AuditEvent) => unknown): number {
    this.#auditors.set(++this.#lastAuditor, listener);
    return this.#lastAuditor;
  }

  removeAuditor(number: number): void {
    this.#auditors.delete(number);
  }

  async audit(number: number, events: readonly AuditEvent[]): Promise<void> {
    for (const event of events) await this.#auditors.get(number)?.(event);
  }

  async credentials(place: string, request: CredentialRequest): Promise<readonly Header[]> {
    const source = this.credentialSources.get(place);
    if (!source) throw new Error(`nobody has credentials for ${place}`);
    return source(request);
  }

  driver(call: DriverCall): Promise<DriverAnswer> {
    return this.drivers.carryOut(call);
  }

  runTool(call: ToolCall): Promise<readonly ToolEvent[]> {
    return this.tools.run(call);
  }

  continueTool(call: number): Promise<readonly ToolEvent[]> {
    return this.tools.continue(call);
  }

  feedTool(call: number, bytes: Uint8Array): void {
    this.tools.feed(call, bytes);
  }

  cancelTool(call: number): void {
    this.tools.cancel(call);
  }

  release(): void {
    this.tools.clear();
    this.deciders.clear();
    this.credentialSources.clear();
    this.listeners.clear();
    this.#auditors.clear();
    this.drivers.clear();
    for (const farewell of this.farewells) farewell();
    this.farewells.clear();
  }
}
