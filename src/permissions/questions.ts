/**
 * Questions to the embedder and their answers: the same question is asked once at a time, and not again
 * where it is to be remembered. An embedder that fails has denied.
 */
import type { Asker, Crossing } from "../../kernel/policy.ts";
import type { Decision, Embedder, Question } from "../machine/embedder.ts";
import { isFailure } from "../machine/protocol.ts";
import { normalizeHost } from "./hosts.ts";
import type { Finding } from "./network-policy.ts";

export interface Answered {
  readonly allowed: boolean;
  /** Behind "permissions.network ". */
  readonly how: string;
}

/** What asks: a rule, or an option with a function. */
export type Asking = Pick<Finding, "decider" | "place" | "isWhole">;

/** Answers for good, by their question: kept with the machine, or as long as it runs. */
export interface Memory {
  get(question: string): boolean | undefined;
  keep(question: string, allow: boolean): void;
}

/** Answers for a session beyond so many are forgotten, the oldest first. */
const SESSION_ANSWERS = 10_000;

export class Questions {
  readonly #embedder: Embedder | undefined;
  readonly #memory: Memory;
  readonly #session = new Map<string, boolean>();
  readonly #underWay = new Map<string, Promise<Answered>>();
  /** Those whose every request was allowed with them. */
  readonly #connections = new Set<string>();

  constructor(embedder: Embedder | undefined, memory: Memory) {
    this.#embedder = embedder;
    this.#memory = memory;
  }

  /** A promise where somebody has to be asked first. */
  ask(finding: Asking, crossing: Crossing, asker: Asker): Answered | Promise<Answered> {
    const connection = finding.isWhole ? connectionOf(finding.decider, crossing, asker) : undefined;
    if (connection === undefined) return this.#ask(finding, crossing, asker);
    if (!begins(crossing) && this.#connections.has(connection)) {
      return { allowed: true, how: "allowed the connection" };
    }
    const answer = this.#ask(finding, crossing, asker);
    if (!begins(crossing)) return answer;
    const note = (answered: Answered) => {
      this.#note(connection, answered.allowed);
      return answered;
    };
    return answer instanceof Promise ? answer.then(note) : note(answer);
  }

  #ask(
    { decider: place, place: rule }: Asking,
    crossing: Crossing,
    asker: Asker,
  ): Answered | Promise<Answered> {
    const key = keyOf(place, crossing);
    const known = this.#session.get(key) ?? this.#memory.get(key);
    if (known !== undefined) {
      return { allowed: known, how: known ? "allowed it before" : "denied it before" };
    }
    const asked = this.#underWay.get(key);
    if (asked) return asked;
    const answer = this.#answer(key, { place, rule, crossing, asker }).finally(() =>
      this.#underWay.delete(key),
    );
    this.#underWay.set(key, answer);
    return answer;
  }

  #note(connection: string, allowed: boolean): void {
    if (this.#connections.size >= SESSION_ANSWERS) this.#connections.clear();
    if (allowed) this.#connections.add(connection);
    else this.#connections.delete(connection);
  }

  async #answer(key: string, question: Question): Promise<Answered> {
    if (!this.#embedder) return { allowed: false, how: "has nobody to ask" };
    let decision: Decision;
    try {
      decision = await this.#embedder.decide(question);
    } catch (reason) {
      const message = isFailure(reason) ? reason.message : (reason as Error | undefined)?.message;
      return { allowed: false, how: `could not answer: ${String(message ?? reason)}` };
    }
    const { allow, remember } = decision;
    if (remember !== "once") this.#remember(key, allow);
    if (remember === "always") this.#memory.keep(key, allow);
    return { allowed: allow, how: allow ? "allowed it" : "denied it" };
  }

  #remember(key: string, allow: boolean): void {
    const [oldest] = this.#session.size >= SESSION_ANSWERS ? this.#session.keys() : [];
    if (oldest !== undefined) this.#session.delete(oldest);
    this.#session.set(key, allow);
  }
}

/** Whether the requests on a connection are asked about, too. */
function begins(crossing: Crossing): boolean {
  return crossing.kind === "connect" && crossing.inspected === true;
}

/** Who is connected to what; undefined for what is said on no connection. */
function connectionOf(decider: string, crossing: Crossing, { pid }: Asker): string | undefined {
  if (crossing.kind !== "connect" && crossing.kind !== "request") return undefined;
  const { host, port, protocol } = crossing;
  const transport = protocol === "udp" ? "udp" : "tcp";
  return `${decider} ${pid} ${transport} ${normalizeHost(host)?.text} ${port}`;
}

/** Equal keys are the same question. */
function keyOf(place: string, crossing: Crossing): string {
  return JSON.stringify([
    place,
    ...Object.entries(crossing)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flat(),
  ]);
}

/** Of a machine that nobody keeps: the session is all that it has. */
export class SessionMemory implements Memory {
  get(): undefined {
    return undefined;
  }

  keep(): void {}
}
