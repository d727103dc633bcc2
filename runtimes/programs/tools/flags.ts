/**
 * The command line of a tool: flags by its schema, `--json`, `--output`, `--help`. What comes out is
 * data; whether it fits is for the embedder's side to say.
 */
import { type Shape, shapeOf } from "./shape.ts";
import type { ToolSpec } from "./spec.ts";
import { describeShape, parseValue, WrongValue } from "./values.ts";

export interface CommandLine {
  readonly help: boolean;
  /** All of the input as JSON; "-" is standard input. */
  readonly json: string | undefined;
  readonly output: OutputForm | undefined;
  /** What flags and arguments say; undefined where there were none. */
  readonly values: Data | undefined;
}

export type OutputForm = "json" | "text";
export type Data = { [name: string]: unknown };

/** A command line that cannot be understood. */
export class UsageError {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** The command's own; a property of such a name, or any, is also `--arg.NAME`. */
const OWN = ["help", "json", "output", "arg"];
/** Names that reach past data, wherever an object is merged or copied carelessly. */
const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

/** Throws UsageError. */
export function parseCommandLine(spec: ToolSpec, args: readonly string[]): CommandLine {
  return new Parser(spec).parse(args);
}

/** A property's flag: `--max-results`, `--place.lat`. */
export function flagOf(path: readonly (string | number)[]): string {
  const names = path.map((part) => (typeof part === "number" ? String(part) : kebab(part)));
  return `--${OWN.includes(names[0] ?? "") ? "arg." : ""}${names.join(".")}`;
}

class Parser {
  readonly #spec: ToolSpec;
  readonly #root: Shape;
  #values: Data | undefined;
  #help = false;
  #json: string | undefined;
  #output: OutputForm | undefined;
  #positional = 0;

  constructor(spec: ToolSpec) {
    this.#spec = spec;
    this.#root = shapeOf(spec.input, spec.input);
  }

  parse(args: readonly string[]): CommandLine {
    for (let i = 0; i < args.length; i++) {
      const arg = args[i] as string;
      if (!isWellFormed(arg)) throw new UsageError(`an argument is not valid UTF-8: ${show(arg)}`);
      if (arg === "--") {
        for (const rest of args.slice(i + 1)) this.#argument(rest);
        break;
      }
      if (arg === "-h") this.#help = true;
      else if (arg.startsWith("--")) i += this.#flag(arg.slice(2), args[i + 1]);
      else if (arg.startsWith("-") && arg !== "-" && !/^-[\d.]/.test(arg)) {
        throw new UsageError(`there is no flag ${show(arg)}; flags begin with two dashes`);
      } else this.#argument(arg);
    }
    const { help, json, output, values } = {
      ...{ help: this.#help, json: this.#json, output: this.#output, values: this.#values },
    };
    return { help, json, output, values };
  }

  /** How many further arguments it took. */
  #flag(flag: string, next: string | undefined): 0 | 1 {
    const equals = flag.indexOf("=");
    const name = equals < 0 ? flag : flag.slice(0, equals);
    const given = equals < 0 ? undefined : flag.slice(equals + 1);
    if (OWN.includes(name)) return this.#own(name, given, next);
    const { path, shape, negated } = this.#find(name);
    if (isSwitch(shape) && given === undefined) {
      this.#put(path, shape, !negated);
      return 0;
    }
    if (negated) throw new UsageError(`--${name} takes no value`);
    const text = given ?? this.#next(`--${name}`, shape, next);
    this.#put(path, shape, this.#value(path, shape, text));
    return given === undefined ? 1 : 0;
  }

  #own(name: string, given: string | undefined, next: string | undefined): 0 | 1 {
    if (name === "help") {
      this.#help = true;
      return 0;
    }
    if (name === "arg") throw new UsageError("--arg is written --arg.NAME");
    const value = given ?? next;
    if (value === undefined) throw new UsageError(`--${name} needs a value`);
    if (name === "json") this.#json = value;
    else if (value === "json" || value === "text") this.#output = value;
    else throw new UsageError(`--output: ${show(value)} is neither json nor text`);
    return given === undefined ? 1 : 0;
  }

  #next(flag: string, shape: Shape, next: string | undefined): string {
    const what = describeShape(elementOf(shape, this.#spec) ?? shape);
    if (next === undefined) throw new UsageError(`${flag} needs a value: ${what}`);
    if (next.startsWith("-") && !/^-(?:$|[\d.])/.test(next)) {
      throw new UsageError(
        `${flag} needs a value (${what}), and ${show(next)} looks like a flag; ` +
          `write ${flag}=${next} if it is the value`,
      );
    }
    if (!isWellFormed(next)) throw new UsageError(`${flag}: the value is not valid UTF-8`);
    return next;
  }

  #argument(text: string): void {
    if (!isWellFormed(text)) throw new UsageError("an argument is not valid UTF-8");
    const { positional } = this.#spec;
    const last = positional.at(-1);
    const name = positional[this.#positional] ?? last;
    const schema = name === undefined ? undefined : this.#root.properties.get(name);
    if (name === undefined || !schema) throw new UsageError(this.#unexpected(text));
    const shape = shapeOf(schema, this.#spec.input);
    if (this.#positional >= positional.length && !elementOf(shape, this.#spec)) {
      throw new UsageError(this.#unexpected(text));
    }
    this.#positional++;
    this.#put([name], shape, this.#value([name], shape, text));
  }

  #unexpected(text: string): string {
    const flags = [...this.#root.properties.keys()].map((name) => flagOf([name]));
    const advice = flags.length > 0 ? `; its values are given by flags: ${flags.join(", ")}` : "";
    return `unexpected argument ${show(text)}${advice}`;
  }

  /** The property that a flag means. */
  #find(flag: string): { path: string[]; shape: Shape; negated: boolean } {
    const name = flag.startsWith("arg.") ? flag.slice(4) : flag;
    const path = this.#path(name, this.#root);
    if (path) return { ...path, negated: false };
    if (name.startsWith("no-")) {
      const negated = this.#path(name.slice(3), this.#root);
      if (negated?.shape.types.has("boolean")) return { ...negated, negated: true };
    }
    const known = this.#known(this.#root, []);
    const near = nearest(name, known);
    const advice =
      near === undefined ? `it can be one of: ${known.join(", ")}` : `did you mean ${near}?`;
    throw new UsageError(
      known.length === 0
        ? `there is no flag ${show(`--${flag}`)}; this tool takes no input`
        : `there is no flag ${show(`--${flag}`)}; ${advice}`,
    );
  }

  #path(name: string, within: Shape): { path: string[]; shape: Shape } | undefined {
    for (const [property, schema] of within.properties) {
      const shape = () => shapeOf(schema, this.#spec.input);
      if (name === property || name === kebab(property))
        return { path: [property], shape: shape() };
      for (const own of [property, kebab(property)]) {
        if (!name.startsWith(`${own}.`)) continue;
        const inner = this.#path(name.slice(own.length + 1), shape());
        if (inner) return { path: [property, ...inner.path], shape: inner.shape };
      }
    }
    if (!within.additional || name === "") return undefined;
    if (FORBIDDEN.has(name.split(".")[0] as string)) {
      throw new UsageError(`${show(name)} is not a name that a property may have`);
    }
    const open = shapeOf(within.additional, this.#spec.input);
    const dot = name.indexOf(".");
    // Where anything may stand, an object may.
    const inside = open.types.size === 0 ? { ...open, additional: open.additional ?? {} } : open;
    const inner = dot > 0 ? this.#path(name.slice(dot + 1), inside) : undefined;
    if (inner) return { path: [name.slice(0, dot), ...inner.path], shape: inner.shape };
    return { path: [name], shape: open };
  }

  /** A switch that was given a value, or any other flag's. */
  #value(path: readonly string[], shape: Shape, text: string): unknown {
    const element = elementOf(shape, this.#spec);
    try {
      return parseValue(text, element ?? shape);
    } catch (reason) {
      if (!(reason instanceof WrongValue)) throw reason;
      throw new UsageError(`${flagOf(path)}: ${show(text)} is not ${reason.expected}`);
    }
  }

  #put(path: readonly string[], shape: Shape, value: unknown): void {
    this.#values ??= Object.create(null) as Data;
    let target = this.#values;
    for (const name of path.slice(0, -1)) {
      target[name] ??= Object.create(null);
      if (typeof target[name] !== "object" || Array.isArray(target[name])) {
        throw new UsageError(`${flagOf(path)}: ${flagOf([name])} was given another value before`);
      }
      target = target[name] as Data;
    }
    const name = path.at(-1) as string;
    if (elementOf(shape, this.#spec)) {
      const list = (target[name] ?? []) as unknown[];
      list.push(value);
      target[name] = list;
      return;
    }
    if (name in target) throw new UsageError(`${flagOf(path)} is given twice`);
    target[name] = value;
  }

  #known(
    shape: Shape,
    path: readonly string[],
    around: readonly (string | undefined)[] = ["#"],
  ): string[] {
    return [...shape.properties].flatMap(([name, schema]) => {
      const inner = shapeOf(schema, this.#spec.input);
      const own = [...path, name];
      const holdsItself = inner.reference !== undefined && around.includes(inner.reference);
      if (inner.properties.size === 0 || path.length >= 3 || holdsItself) return [flagOf(own)];
      return this.#known(inner, own, [...around, inner.reference]);
    });
  }
}

/** What a flag that may be given several times adds; undefined where it may not. */
export function elementOf(shape: Shape, { input }: ToolSpec): Shape | undefined {
  if (!shape.types.has("array") || shape.types.has("string")) return undefined;
  return shapeOf(shape.items ?? {}, input);
}

function isSwitch({ types, choices }: Shape): boolean {
  return !choices && types.has("boolean") && !types.has("string");
}

export function kebab(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replaceAll("_", "-")
    .toLowerCase();
}

/** Without halves of characters, as which bytes stand that are not UTF-8. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** An argument in a message: one line, no control characters, not too long. */
export function show(text: string): string {
  const shown = JSON.stringify(text);
  return shown.length > 80 ? `${shown.slice(0, 77)}..."` : shown;
}

/** The flag that differs in two letters at most, or in a third of them. */
function nearest(name: string, flags: readonly string[]): string | undefined {
  let best: string | undefined;
  const most = name.length < 4 ? 1 : Math.max(2, Math.floor(name.length / 3));
  let least = most + 1;
  for (const flag of flags) {
    const steps = distance(name.slice(0, 64), flag.slice(2));
    if (steps < least) [best, least] = [flag, steps];
  }
  return best;
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
