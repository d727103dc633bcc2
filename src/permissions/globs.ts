/**
 * Patterns of paths and names: `*` is any text without a slash, `**` any text, `?` one character but a
 * slash. A pattern that ends with a slash and two stars means the folder itself too. Takes linear time
 * in the length of the text, whoever wrote that.
 */

export type Matcher = (text: string) => boolean;

export function compileGlob(pattern: string): Matcher {
  if (pattern === "**" || pattern === "/**") return () => true;
  const wild = pattern.search(/[*?]/);
  if (wild < 0) return (text) => text === pattern;
  if (wild === pattern.length - 2 && pattern.endsWith("/**")) return below(pattern.slice(0, -3));
  // Most texts differ before the first wildcard.
  const start = pattern.slice(0, wild);
  const states = parse(pattern.slice(wild));
  const matches: Matcher = (text) =>
    text.startsWith(start) && simulate(states, text.slice(start.length));
  if (!pattern.endsWith("/**")) return matches;
  const folder = compileGlob(pattern.slice(0, -3));
  return (text) => matches(text) || folder(text);
}

function below(folder: string): Matcher {
  const start = `${folder}/`;
  return (text) => text === folder || text.startsWith(start);
}

/** A character to be there, or a way to stay: "*" over all but slashes, "**" over everything. */
type State = { readonly kind: "one" | "star" | "any" | "question"; readonly character: string };

function parse(pattern: string): State[] {
  const states: State[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] as string;
    if (character === "?") states.push({ kind: "question", character });
    else if (character !== "*") states.push({ kind: "one", character });
    else if (pattern[at + 1] !== "*") states.push({ kind: "star", character });
    else {
      while (pattern[at + 1] === "*") at++;
      states.push({ kind: "any", character });
    }
  }
  return states;
}

function simulate(states: readonly State[], text: string): boolean {
  return run(states, text)[states.length] === 1;
}

/** All the ways at once: `at[i]` says that the states before `i` have matched what was read so far. */
function run(states: readonly State[], text: string): Uint8Array {
  const size = states.length;
  let at = new Uint8Array(size + 1);
  let next = new Uint8Array(size + 1);
  at[0] = 1;
  skipStars(states, at);
  for (let i = 0; i < text.length; i++) {
    const character = text[i] as string;
    next.fill(0);
    for (let s = 0; s < size; s++) {
      if (at[s] === 0) continue;
      const state = states[s] as State;
      if (state.kind === "any" || (state.kind === "star" && character !== "/")) next[s] = 1;
      else if (state.kind === "question" && character !== "/") next[s + 1] = 1;
      else if (state.kind === "one" && state.character === character) next[s + 1] = 1;
    }
    skipStars(states, next);
    [at, next] = [next, at];
  }
  return at;
}

function skipStars(states: readonly State[], at: Uint8Array): void {
  states.forEach(({ kind }, s) => {
    if (at[s] === 1 && (kind === "star" || kind === "any")) at[s + 1] = 1;
  });
}

/** A pattern that can be asked in the middle of a text, too. */
export class GlobAutomaton {
  readonly #states: readonly State[];
  /** What the text begins with, where the pattern is that and two stars. */
  readonly #start: string | undefined;

  constructor(pattern: string) {
    this.#states = parse(pattern);
    const start = pattern.slice(0, -2);
    this.#start = pattern.endsWith("**") && !/[*?]/.test(start) ? start : undefined;
  }

  matches(text: string): boolean {
    if (this.#start !== undefined) return text.startsWith(this.#start);
    return run(this.#states, text)[this.#states.length] === 1;
  }

  /** Whether a text that matches may begin with this one. */
  mayBegin(text: string): boolean {
    if (this.#start !== undefined)
      return text.startsWith(this.#start) || this.#start.startsWith(text);
    return run(this.#states, text).includes(1);
  }

  /** Equal answers: whatever follows, both texts match or neither does. "": nothing matches any more. */
  after(text: string): string {
    if (this.#start === undefined) {
      const at = run(this.#states, text);
      return at.includes(1) ? at.join("") : "";
    }
    if (text.startsWith(this.#start)) return "in";
    return this.#start.startsWith(text) ? `${text.length}` : "";
  }
}
