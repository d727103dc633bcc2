/**
 * The engine below shell patterns: regular-language terms whose derivatives are computed on demand,
 * so that a pattern becomes a deterministic automaton exactly as far as texts explore it.
 * Matching never backtracks; the complement that `!(..)` asks for is one more kind of term.
 * Pure; used by `pattern.ts` only.
 *
 * Architecture invariant: work is bounded. A pattern whose automaton or scan grows beyond
 * `WORK_LIMIT` throws `PatternTooComplex` instead of holding up the kernel.
 *
 * @see https://www.cambridge.org/core/journals/journal-of-functional-programming/article/abs/regularexpression-derivatives-reexamined/E5734B86DEB96C61C69E5CF3C4FB0AFA
 */
import { type CharacterTest, lowerCase } from "./brackets.ts";
import type { PatternNode } from "./syntax.ts";

/** One state of the automaton. Terms are interned: equal languages built equally are one object. */
export interface Term {
  readonly id: number;
  readonly kind: "nothing" | "empty" | "character" | "any" | "set" | "cat" | "alt" | "star" | "not";
  /** Accepts the empty text: the state is accepting. */
  readonly nullable: boolean;
  readonly code: number;
  readonly test: CharacterTest | undefined;
  /** `cat`: head, tail. `alt`: its members, sorted by id. `star`, `not`: the one operand. */
  readonly parts: readonly Term[];
  /** Transitions found so far: ASCII by index, the rest by code point. */
  ascii: (Term | undefined)[] | undefined;
  others: Map<number, Term> | undefined;
}

export class PatternTooComplex extends Error {
  constructor() {
    super("pattern too complex");
  }
}

/** Steps; one new state costs `STATE_COST` of them. Less than a second of matching. */
const WORK_LIMIT = 50_000_000;
const STATE_COST = 1_000;
/** Automata larger than this are not worth keeping in a cache. */
export const LARGE_AUTOMATON = 2_000;

export class Automaton {
  readonly start: Term;
  readonly nothing: Term;
  /** Accepts every text. */
  readonly everything: Term;
  readonly #empty: Term;
  readonly #any: Term;
  readonly #ignoreCase: boolean;
  readonly #interned = new Map<string, Term>();
  #nextId = 0;
  #work = 0;

  /** `reversed` builds the automaton of the mirrored language, for scans from the end of a text. */
  constructor(nodes: readonly PatternNode[], ignoreCase: boolean, reversed: boolean) {
    this.#ignoreCase = ignoreCase;
    this.nothing = this.#make("nothing", false, []);
    this.#empty = this.#make("empty", true, []);
    this.#any = this.#make("any", false, []);
    this.everything = this.#make("star", true, [this.#any]);
    this.#interned.set(`*${this.#any.id}`, this.everything);
    this.start = this.#sequence(nodes, reversed);
  }

  get size(): number {
    return this.#nextId;
  }

  /** Begins a new match: the work limit holds for each one. */
  reset(): void {
    this.#work = 0;
  }

  /** The state after reading one character. */
  step(state: Term, code: number): Term {
    if (++this.#work > WORK_LIMIT) throw new PatternTooComplex();
    if (code < 0x80) {
      const known = state.ascii?.[code];
      if (known !== undefined) return known;
    } else {
      const known = state.others?.get(code);
      if (known !== undefined) return known;
    }
    const next = this.#derivative(state, code);
    if (code < 0x80) {
      state.ascii ??= [];
      state.ascii[code] = next;
    } else {
      state.others ??= new Map();
      state.others.set(code, next);
    }
    return next;
  }

  /** As `step` on a `.` that only a literal `.` of the pattern may match (hidden file names). */
  stepExplicit(state: Term, code: number): Term {
    switch (state.kind) {
      case "character":
        return state.code === code ? this.#empty : this.nothing;
      case "cat": {
        const [head, tail] = state.parts as [Term, Term];
        if (head.kind === "star" && head.parts[0] === this.#any) return this.nothing;
        const first = this.#cat(this.stepExplicit(head, code), tail);
        if (!head.nullable) return first;
        return this.#alt([first, this.stepExplicit(tail, code)]);
      }
      case "alt":
        return this.#alt(state.parts.map((part) => this.stepExplicit(part, code)));
      case "star":
        return this.#cat(this.stepExplicit(state.parts[0] as Term, code), state);
      default:
        return this.nothing;
    }
  }

  #sequence(nodes: readonly PatternNode[], reversed: boolean): Term {
    let result = this.#empty;
    const last = nodes.length - 1;
    for (let index = 0; index <= last; index++) {
      const node = nodes[reversed ? index : last - index] as PatternNode;
      result = this.#cat(this.#node(node, reversed), result);
    }
    return result;
  }

  #node(node: PatternNode, reversed: boolean): Term {
    switch (node.kind) {
      case "character":
        return this.#intern(`c${node.code}`, "character", false, [], node.code);
      case "any":
        return this.#any;
      case "star":
        return this.everything;
      case "set":
        return this.#make("set", false, [], -1, node.test);
      case "group": {
        const choice = this.#alt(node.alternatives.map((one) => this.#sequence(one, reversed)));
        switch (node.operator) {
          case "?":
            return this.#alt([this.#empty, choice]);
          case "*":
            return this.#star(choice);
          case "+":
            return this.#cat(choice, this.#star(choice));
          case "@":
            return choice;
          case "!":
            return this.#not(choice);
        }
      }
    }
  }

  #derivative(term: Term, code: number): Term {
    switch (term.kind) {
      case "nothing":
      case "empty":
        return this.nothing;
      case "any":
        return this.#empty;
      case "character":
        return term.code === (this.#ignoreCase ? lowerCase(code) : code)
          ? this.#empty
          : this.nothing;
      case "set":
        return term.test?.(code) ? this.#empty : this.nothing;
      case "cat": {
        const [head, tail] = term.parts as [Term, Term];
        const first = this.#cat(this.step(head, code), tail);
        return head.nullable ? this.#alt([first, this.step(tail, code)]) : first;
      }
      case "alt":
        return this.#alt(term.parts.map((part) => this.step(part, code)));
      case "star":
        return this.#cat(this.step(term.parts[0] as Term, code), term);
      case "not":
        return this.#not(this.step(term.parts[0] as Term, code));
    }
  }

  #cat(head: Term, tail: Term): Term {
    if (head === this.nothing || tail === this.nothing) return this.nothing;
    if (head === this.#empty) return tail;
    if (tail === this.#empty) return head;
    if (head === this.everything && tail === this.everything) return head;
    if (head.kind === "cat") {
      const [first, rest] = head.parts as [Term, Term];
      return this.#cat(first, this.#cat(rest, tail));
    }
    return this.#intern(`.${head.id},${tail.id}`, "cat", head.nullable && tail.nullable, [
      head,
      tail,
    ]);
  }

  #alt(choices: readonly Term[]): Term {
    const members = new Set<Term>();
    for (const choice of choices) {
      if (choice === this.everything) return choice;
      if (choice === this.nothing) continue;
      if (choice.kind === "alt") for (const part of choice.parts) members.add(part);
      else members.add(choice);
    }
    if (members.size === 0) return this.nothing;
    const sorted = [...members].sort((a, b) => a.id - b.id);
    if (sorted.length === 1) return sorted[0] as Term;
    this.#work += sorted.length;
    const key = `|${sorted.map((term) => term.id).join()}`;
    return this.#intern(
      key,
      "alt",
      sorted.some((term) => term.nullable),
      sorted,
    );
  }

  #star(operand: Term): Term {
    if (operand === this.nothing || operand === this.#empty) return this.#empty;
    if (operand.kind === "star") return operand;
    return this.#intern(`*${operand.id}`, "star", true, [operand]);
  }

  #not(operand: Term): Term {
    if (operand === this.nothing) return this.everything;
    if (operand === this.everything) return this.nothing;
    if (operand.kind === "not") return operand.parts[0] as Term;
    return this.#intern(`!${operand.id}`, "not", !operand.nullable, [operand]);
  }

  #intern(key: string, kind: Term["kind"], nullable: boolean, parts: Term[], code = -1): Term {
    const known = this.#interned.get(key);
    if (known !== undefined) return known;
    const term = this.#make(kind, nullable, parts, code);
    this.#interned.set(key, term);
    return term;
  }

  #make(
    kind: Term["kind"],
    nullable: boolean,
    parts: Term[],
    code = -1,
    test: CharacterTest | undefined = undefined,
  ): Term {
    this.#work += STATE_COST;
    if (this.#work > WORK_LIMIT) throw new PatternTooComplex();
    const id = this.#nextId++;
    return { id, kind, nullable, code, test, parts, ascii: undefined, others: undefined };
  }
}
