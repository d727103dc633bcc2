/**
 * POSIX extended regular expressions for `[[ =~ ]]`: leftmost, then longest. Matched by simulating all
 * ways at once, in time proportional to text times expression, so that no expression can hang the
 * machine, as the host's own backtracking RegExp could. Pure.
 *
 * @see https://swtch.com/~rsc/regexp/regexp2.html
 */
import type { CharacterTest } from "./pattern/brackets.ts";
import {
  type Assertion,
  isWordCharacter,
  parseRegex,
  RegexError,
  type RegexNode,
} from "./regex/parse.ts";

export { QUOTE, RegexError } from "./regex/parse.ts";

type Instruction =
  | { readonly op: "test"; readonly test: CharacterTest }
  | { readonly op: "assert"; readonly assertion: Assertion }
  | { readonly op: "split"; first: number; second: number }
  | { readonly op: "jump"; to: number }
  | { readonly op: "save"; readonly slot: number }
  | { readonly op: "match" };

const MAX_INSTRUCTIONS = 20_000;
/** Steps of one match before it is given up. */
const MAX_STEPS = 100_000_000;
const CACHE_SIZE = 128;
const cache = new Map<string, Regex>();

/** Throws RegexError for what is no regular expression. */
export function compileRegex(source: string, ignoreCase: boolean): Regex {
  const key = (ignoreCase ? "i" : "-") + source;
  let regex = cache.get(key);
  if (!regex) {
    regex = new Regex(source, ignoreCase);
    if (cache.size >= CACHE_SIZE) cache.clear();
    cache.set(key, regex);
  }
  return regex;
}

/** One way through the expression: where it is, and where its groups began and ended. */
interface Thread {
  readonly at: number;
  readonly slots: readonly number[];
}

export class Regex {
  readonly #program: Instruction[] = [];
  readonly #groups: number;

  constructor(source: string, ignoreCase: boolean) {
    const { node, groups } = parseRegex(source, ignoreCase);
    this.#groups = groups;
    this.#emitSave(0);
    this.#emit(node);
    this.#emitSave(1);
    this.#program.push({ op: "match" });
  }

  /** The texts of the match and of its groups ("" for one that took no part); undefined: no match. */
  match(text: string): string[] | undefined {
    const slots = this.#run(text);
    if (!slots) return undefined;
    return Array.from({ length: this.#groups + 1 }, (_, group) => {
      const [start = -1, end = -1] = [slots[2 * group], slots[2 * group + 1]];
      return start < 0 || end < 0 ? "" : text.slice(start, end);
    });
  }

  #run(text: string): readonly number[] | undefined {
    const empty = new Array<number>(2 * (this.#groups + 1)).fill(-1);
    let threads: Thread[] = [];
    let best: readonly number[] | undefined;
    let steps = 0;
    for (let at = 0; ; ) {
      const seen = new Uint8Array(this.#program.length);
      const next: Thread[] = [];
      for (const thread of threads) this.#follow(thread, text, at, seen, next);
      if (!best) this.#follow({ at: 0, slots: empty }, text, at, seen, next);
      steps += next.length + 1;
      if (steps > MAX_STEPS) throw new RegexError("expression too complex");
      const code = text.codePointAt(at);
      threads = [];
      for (const thread of next) {
        const instruction = this.#program[thread.at] as Instruction;
        if (instruction.op === "match") best = better(best, thread.slots);
        else if (instruction.op === "test" && code !== undefined && instruction.test(code))
          threads.push({ at: thread.at + 1, slots: thread.slots });
      }
      if (best)
        threads = threads.filter(({ slots }) => (slots[0] as number) <= (best?.[0] as number));
      if (code === undefined || (best && threads.length === 0)) return best;
      at += code > 0xffff ? 2 : 1;
    }
  }

  /** Adds to `into` every instruction that `thread` reaches without taking a character. */
  #follow(thread: Thread, text: string, position: number, seen: Uint8Array, into: Thread[]): void {
    const stack: Thread[] = [thread];
    for (let one = stack.pop(); one; one = stack.pop()) {
      const { at, slots } = one;
      if (seen[at]) continue;
      seen[at] = 1;
      const instruction = this.#program[at] as Instruction;
      switch (instruction.op) {
        case "jump":
          stack.push({ at: instruction.to, slots });
          break;
        case "split":
          stack.push({ at: instruction.second, slots }, { at: instruction.first, slots });
          break;
        case "save":
          stack.push({ at: at + 1, slots: slots.with(instruction.slot, position) });
          break;
        case "assert":
          if (holds(instruction.assertion, text, position)) stack.push({ at: at + 1, slots });
          break;
        default:
          into.push(one);
      }
    }
  }

  #emit(node: RegexNode): void {
    if (this.#program.length > MAX_INSTRUCTIONS) throw new RegexError("expression too large");
    switch (node.kind) {
      case "test":
        this.#program.push({ op: "test", test: node.test });
        break;
      case "assert":
        this.#program.push({ op: "assert", assertion: node.assertion });
        break;
      case "sequence":
        for (const one of node.nodes) this.#emit(one);
        break;
      case "either":
        this.#emitEither(node.nodes);
        break;
      case "group":
        this.#emitSave(2 * node.number);
        this.#emit(node.node);
        this.#emitSave(2 * node.number + 1);
        break;
      case "repeat":
        this.#emitRepeat(node.node, node.least, node.most);
    }
  }

  #emitSave(slot: number): void {
    this.#program.push({ op: "save", slot });
  }

  #emitEither(nodes: readonly RegexNode[]): void {
    const ends: { op: "jump"; to: number }[] = [];
    for (const [number, node] of nodes.entries()) {
      const isLast = number === nodes.length - 1;
      const split = { op: "split" as const, first: this.#program.length + 1, second: 0 };
      if (!isLast) this.#program.push(split);
      this.#emit(node);
      if (isLast) break;
      const end = { op: "jump" as const, to: 0 };
      ends.push(end);
      this.#program.push(end);
      split.second = this.#program.length;
    }
    for (const end of ends) end.to = this.#program.length;
  }

  #emitRepeat(node: RegexNode, least: number, most: number): void {
    for (let count = 0; count < least; count++) this.#emit(node);
    if (most === Number.POSITIVE_INFINITY) {
      const start = this.#program.length;
      const split = { op: "split" as const, first: start + 1, second: 0 };
      this.#program.push(split);
      this.#emit(node);
      this.#program.push({ op: "jump", to: start });
      split.second = this.#program.length;
      return;
    }
    const splits: { op: "split"; first: number; second: number }[] = [];
    for (let count = least; count < most; count++) {
      const split = { op: "split" as const, first: this.#program.length + 1, second: 0 };
      splits.push(split);
      this.#program.push(split);
      this.#emit(node);
    }
    for (const split of splits) split.second = this.#program.length;
  }
}

/** The match that begins first; of those the longest; of those the one found first. */
function better(a: readonly number[] | undefined, b: readonly number[]): readonly number[] {
  if (!a) return b;
  const [startA = 0, endA = 0] = a;
  const [startB = 0, endB = 0] = b;
  if (startB !== startA) return startB < startA ? b : a;
  return endB > endA ? b : a;
}

function holds(assertion: Assertion, text: string, position: number): boolean {
  if (assertion === "start") return position === 0;
  if (assertion === "end") return position === text.length;
  const before = position > 0 && isWordCharacter(text.charCodeAt(position - 1));
  const after = position < text.length && isWordCharacter(text.charCodeAt(position));
  switch (assertion) {
    case "boundary":
      return before !== after;
    case "inside":
      return before === after;
    case "wordStart":
      return !before && after;
    case "wordEnd":
      return before && !after;
  }
}
