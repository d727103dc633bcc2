/**
 * Questions to the embedder and their answers: the same question is asked once at a time, and not again
 * where it is to be remembered. An embedder that fails has denied.
 */
import type { Asker, Crossing } from "../../kernel/policy.ts";
import type { Decision, Embedder, Question } from "../machine/embedder.ts";
import { isFailure } from "../machine/protocol.ts";

export interface Answered {
  readonly allowed: boolean;
  /** Behind "permissions.network ". */
  readonly how: string;
}

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

  constructor(embedder: Embedder | undefined, memory: Memory) {
    this.#embedder = embedder;
    this.#memory = memory;
  }

  /** A promise where somebody has to be asked first. */
  ask(place: string, rule: string, crossing: Crossing, asker: Asker): Answered | Promise<Answered> {
    const key = keyOf(place, crossing);
    const known = this.#session.get(key) ?? this.#memory.get(key);
    if (known !== undefined)
      return { allowed: known, how: known ? "allowed it before" : "denied it before" };
    const asked = this.#underWay.get(key);
    if (asked) return asked;
    const answer = this.#answer(key, { place, rule, crossing, asker }).finally(() =>
      this.#underWay.delete(key),
    );
    this.#underWay.set(key, answer);
    return answer;
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
