/** Functions of JavaScript that SQL calls: plain ones, and aggregates that may be windows. */
import type { Callbacks } from "./callbacks.ts";
import type { Connection } from "./connection.ts";
import type { Library } from "./library.ts";
import { answerError, answerValue, argumentValues } from "./values.ts";

type Callable = (...args: unknown[]) => unknown;

export interface PlainFunction {
  readonly connection: Connection;
  readonly bigints: boolean;
  readonly call: Callable;
}

export interface Aggregate {
  readonly connection: Connection;
  readonly bigints: boolean;
  /** A value, or what makes one for each group. */
  readonly start: unknown;
  readonly step: Callable;
  readonly inverse: Callable | undefined;
  readonly result: Callable | undefined;
}

/** A group's value so far. */
interface Group {
  value: unknown;
  isWindow: boolean;
}

const POINTER_BYTES = 4;
const { apply } = Reflect;

export class Functions {
  readonly #isPromise: (value: object) => boolean;
  readonly #known = new Map<number, PlainFunction | Aggregate>();
  readonly #groups = new Map<number, Group>();
  #nextId = 1;
  #nextGroup = 1;

  constructor(isPromise: (value: object) => boolean) {
    this.#isPromise = isPromise;
  }

  /** The number that SQLite hands back as its user data. */
  add(definition: PlainFunction | Aggregate): number {
    const id = this.#nextId++;
    this.#known.set(id, definition);
    return id;
  }

  /** What C calls; `library` is there by then. */
  callbacks(
    library: () => Library,
  ): Pick<Callbacks, "call" | "step" | "inverse" | "value" | "final" | "destroy"> {
    const of = <T>(context: number) =>
      this.#known.get(library().c.sqlite3_user_data(context)) as unknown as T;
    const update =
      (choose: (aggregate: Aggregate) => Callable) =>
      (context: number, count: number, values: number): void => {
        const aggregate = of<Aggregate>(context);
        this.#guarded(aggregate.connection, context, () => {
          const group = this.#group(library(), context, aggregate);
          const args = argumentValues(library(), count, values, aggregate.bigints);
          group.value = apply(choose(aggregate), undefined, [group.value, ...args]);
        });
      };
    return {
      call: (context, count, values) => {
        const { connection, bigints, call } = of<PlainFunction>(context);
        this.#guarded(connection, context, () => {
          const args = argumentValues(library(), count, values, bigints);
          const answer = apply(call, undefined, args);
          answerValue(library(), context, answer, this.#isPromise);
        });
      },
      step: update(({ step }) => step),
      inverse: update(({ inverse }) => inverse as Callable),
      value: (context) => this.#answer(library(), context, of(context), false),
      final: (context) => this.#answer(library(), context, of(context), true),
      destroy: (id) => void this.#known.delete(id),
    };
  }

  #answer(library: Library, context: number, aggregate: Aggregate, isFinal: boolean): void {
    this.#guarded(aggregate.connection, context, () => {
      const group = this.#group(library, context, aggregate);
      if (isFinal) this.#groups.delete(this.#place(library, context));
      if (!isFinal) group.isWindow = true;
      else if (group.isWindow) return;
      const { result } = aggregate;
      const value = result ? apply(result, null, [group.value]) : group.value;
      answerValue(library, context, value, this.#isPromise);
    });
  }

  /** The group that SQLite is at. */
  #group(library: Library, context: number, { start }: Aggregate): Group {
    const at = library.c.sqlite3_aggregate_context(context, POINTER_BYTES);
    const found = this.#groups.get(library.pointerAt(at));
    if (found) return found;
    const value = typeof start === "function" ? apply(start as Callable, null, []) : start;
    const group = { value, isWindow: false };
    const id = this.#nextGroup++;
    library.view.setUint32(at, id, true);
    this.#groups.set(id, group);
    return group;
  }

  #place(library: Library, context: number): number {
    return library.pointerAt(library.c.sqlite3_aggregate_context(context, POINTER_BYTES));
  }

  /** What is thrown may not pass through C: SQLite sees an error, whoever called it gets the reason. */
  #guarded(connection: Connection, context: number, work: () => void): void {
    try {
      work();
    } catch (reason) {
      connection.thrown ??= { reason };
      answerError(connection.library, context, "");
    }
  }
}
