/**
 * What asynchronous drivers answered to one call. A handler runs again from its start after each wait,
 * so every answer is kept with the call and given again when the same question comes: a driver may then
 * ask several things in a row, and change something far away, exactly once for each call.
 */
import type { Sleep } from "./sleep.ts";

type Answer = { readonly value: unknown } | { readonly error: unknown };

export class Outcomes {
  readonly #answers = new Map<string, Answer[]>();
  /** How often each question was asked in the attempt that runs. */
  readonly #asked = new Map<string, number>();

  /** One attempt of the call that they belong to. */
  during<T>(attempt: () => T): T {
    const outer = current;
    current = this;
    this.#asked.clear();
    try {
      return attempt();
    } finally {
      current = outer;
    }
  }

  next(question: string): Answer | undefined {
    const count = this.#asked.get(question) ?? 0;
    this.#asked.set(question, count + 1);
    return this.#answers.get(question)?.[count];
  }

  add(question: string, answer: Answer): void {
    const answers = this.#answers.get(question);
    if (answers) answers.push(answer);
    else this.#answers.set(question, [answer]);
  }

  forget(): void {
    this.#answers.clear();
    this.#asked.clear();
  }
}

/** Those of the call whose later attempt runs right now: handlers are synchronous. */
let current: Outcomes | undefined;

/**
 * What `ask` came to, in the call that is under way; sleeps until it is there. `question` says what is
 * asked, with everything that matters to the answer. A rejection is thrown, whatever it is.
 */
export function outcomeOf<T>(question: string, ask: () => T | Promise<T>): T {
  const outcomes = current ?? new Outcomes();
  const known = outcomes.next(question);
  if (known) {
    if ("error" in known) throw known.error;
    return known.value as T;
  }
  const answer = ask();
  if (!(answer instanceof Promise)) {
    outcomes.add(question, { value: answer });
    return answer;
  }
  throw {
    sleep: true,
    queues: [],
    deadline: undefined,
    promise: answer.then(
      (value) => outcomes.add(question, { value }),
      (error) => outcomes.add(question, { error }),
    ),
    interruptible: false,
    outcomes,
  } satisfies Sleep;
}

/** The call has come so far that what was answered before is used up. */
export function forgetOutcomes(): void {
  current?.forget();
}
