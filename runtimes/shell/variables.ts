/**
 * The variables of one shell, with bash's dynamic scope: a local hides what had the name before, and
 * the end of its scope brings that back. Stands below expansion and the builtins; evaluates nothing
 * itself: subscripts and integer values go through the shell that owns it.
 */
import { type AssociativeArray, IndexedArray } from "./arrays.ts";
import type { CowMap } from "./cow-map.ts";
import { Abandon, ShellError } from "./errors.ts";
import { Scopes } from "./scopes.ts";
import type { Shell } from "./state.ts";
import {
  ARRAY,
  Attribute,
  arrayOf,
  ELEMENT_SIZE,
  sizeOf,
  TRANSFORMING,
  type Value,
  Variable,
} from "./variable.ts";
import { failForMemory } from "./words/failures.ts";

/** What makes the plain path of `get` and `set` impossible. */
const INDIRECT = Attribute.NAMEREF | ARRAY;
const SLOW_SET =
  Attribute.READONLY | TRANSFORMING | INDIRECT | Attribute.WATCHED | Attribute.EXPORT;
const MAX_NAMEREFS = 8;
/** Characters in all values of one shell. More is refused as where memory is short. */
const MAX_SIZE = 256 * 1024 * 1024;

/** Where a name leads: a variable, or one element of it (`declare -n r='a[1]'`). */
export interface Target {
  readonly name: string;
  readonly subscript: string | undefined;
}

export class Variables {
  readonly #shell: Shell;
  readonly #scopes: Scopes;
  readonly #bindings: CowMap<string, Variable>;
  /** Marks the variables that no other shell shares. */
  #owner: object = {};
  #environment: string[] | undefined;
  /** Characters in all values, about. */
  #size = 0;

  constructor(shell: Shell, scopes: Scopes = new Scopes()) {
    this.#shell = shell;
    this.#scopes = scopes;
    this.#bindings = scopes.bindings;
  }

  /** The value as `$name` has it: of an array, element 0. Undefined: unset. */
  get(name: string): string | undefined {
    const variable = this.#bindings.get(name);
    if (variable === undefined) return undefined;
    if (variable.dynamic === undefined && (variable.attributes & INDIRECT) === 0)
      return variable.value as string | undefined;
    return this.#getSlowly(variable);
  }

  /** The variable of exactly this name, be it a name reference or unset. */
  lookup(name: string): Variable | undefined {
    return this.#bindings.get(name);
  }

  /** The variable that the name leads to. */
  find(name: string): Variable | undefined {
    const variable = this.#bindings.get(name);
    if (variable === undefined || !variable.has(Attribute.NAMEREF)) return variable;
    const target = this.resolve(name);
    return target && this.#bindings.get(target.name);
  }

  /** The whole value behind the name, made on the spot where the variable is dynamic. */
  value(name: string): Value | undefined {
    const variable = this.find(name);
    return variable?.dynamic ? variable.dynamic.read(this.#shell) : variable?.value;
  }

  /** The name is that of a name reference. */
  isReference(name: string): boolean {
    const variable = this.#bindings.get(name);
    return variable !== undefined && (variable.attributes & Attribute.NAMEREF) !== 0;
  }

  /** Follows name references. Undefined where they lead in a circle, which is reported. */
  resolve(name: string): Target | undefined {
    let target = name;
    for (let turn = 0; turn < MAX_NAMEREFS; turn++) {
      const variable = this.#bindings.get(target);
      if (
        !variable?.has(Attribute.NAMEREF) ||
        !variable.value ||
        typeof variable.value !== "string"
      ) {
        return { name: target, subscript: undefined };
      }
      target = variable.value;
      const bracket = target.indexOf("[");
      if (bracket > 0 && target.endsWith("]"))
        return { name: target.slice(0, bracket), subscript: target.slice(bracket + 1, -1) };
    }
    this.#shell.warn(`warning: ${name}: circular name reference`);
    return undefined;
  }

  /** Assigns to the name as `name=text` does. Throws ShellError for a read-only variable. */
  set(name: string, text: string): void {
    const variable = this.#bindings.get(name);
    if (variable === undefined) {
      this.#grow(text.length);
      this.#create(name).value = text;
      this.#shell.assigned(name);
    } else if (
      (variable.attributes & SLOW_SET) === 0 &&
      variable.owner === this.#owner &&
      variable.dynamic === undefined
    ) {
      const old = variable.value as string | undefined;
      this.#grow(text.length - (old === undefined ? 0 : old.length));
      variable.value = text;
    } else {
      this.#setSlowly(variable, text);
    }
  }

  /** Assigns the variable of a `for` loop: a name reference is pointed elsewhere by it. */
  setLoop(name: string, text: string): void {
    const variable = this.#bindings.get(name);
    if (variable?.has(Attribute.NAMEREF)) this.writable(name).value = text;
    else this.set(name, text);
  }

  /** Assigns one element; `key` is a number for an indexed array. */
  setElement(name: string, key: string | number, text: string): void {
    const target = this.resolve(name)?.name ?? name;
    const kind = typeof key === "number" ? Attribute.INDEXED : Attribute.ASSOCIATIVE;
    const variable = this.writable(target);
    const converted = this.transform(variable, text);
    this.#grow(converted.length + ELEMENT_SIZE);
    const array = arrayOf(variable, kind);
    if (array instanceof IndexedArray) array.set(key as number, converted);
    else array.set(String(key), converted);
    this.#changed(variable);
  }

  /** Replaces the whole value of an array. */
  setArray(name: string, value: IndexedArray | AssociativeArray): void {
    const variable = this.writable(this.resolve(name)?.name ?? name);
    const kind = value instanceof IndexedArray ? Attribute.INDEXED : Attribute.ASSOCIATIVE;
    if (!variable.has(kind)) arrayOf(variable, kind);
    if (value !== variable.value) this.#grow(sizeOf(value) - sizeOf(variable.value));
    variable.value = value;
    this.#changed(variable);
  }

  /** What an assignment of `text` to `variable` stores: evaluated, or in upper or lower case. */
  transform(variable: Variable, text: string): string {
    const { attributes } = variable;
    if ((attributes & TRANSFORMING) === 0) return text;
    if (attributes & Attribute.INTEGER) return this.#shell.evaluateInteger(text);
    if (attributes & Attribute.UPPER) return text.toUpperCase();
    if (attributes & Attribute.LOWER) return text.toLowerCase();
    return text.slice(0, 1).toUpperCase() + text.slice(1).toLowerCase();
  }

  /**
   * The variable of exactly this name, made where there is none, for a change in place. Throws
   * ShellError where it is read-only, unless `force`.
   */
  writable(name: string, force = false): Variable {
    let variable = this.#bindings.get(name);
    if (variable === undefined) {
      variable = this.#create(name);
    }
    if (variable.has(Attribute.READONLY) && !force) {
      this.#shell.hasSpecialError = true;
      throw new ShellError(`${name}: readonly variable`);
    }
    if (variable.owner !== this.#owner) {
      variable = variable.clone(this.#owner);
      this.#bindings.set(name, variable);
    }
    return variable;
  }

  /** Sets and clears attributes of exactly this name. A change to an array kind converts the value. */
  setAttributes(name: string, on: number, off = 0): Variable {
    const variable = this.writable(name, true);
    if (on & ARRAY && !variable.has(on & ARRAY)) {
      const kind = on & ARRAY;
      if (variable.value === undefined) variable.attributes |= kind;
      else arrayOf(variable, kind);
    }
    variable.attributes = (variable.attributes | on) & ~off;
    this.#environment = undefined;
    return variable;
  }

  /**
   * Unsets the name. A local of the running function stays as a local without a value; one of a
   * caller gives way to what it hid. False where there was none.
   */
  unset(name: string): boolean {
    const variable = this.#bindings.get(name);
    if (variable === undefined) return false;
    if (variable.has(Attribute.READONLY))
      throw new ShellError(`${name}: cannot unset: readonly variable`);
    const { scope } = variable;
    this.#environment = undefined;
    this.#size -= sizeOf(variable.value);
    const staysLocal =
      scope > 0 &&
      scope >= this.functionDepth() &&
      !variable.has(Attribute.TEMPORARY) &&
      !this.#shell.shopt.localvar_unset;
    if (staysLocal) this.#bindings.set(name, new Variable(name, this.#owner, scope));
    else this.#scopes.drop(variable);
    this.#shell.assigned(name);
    return true;
  }

  /** Every name that is declared, in no order. */
  names(): string[] {
    return [...this.#bindings.keys()];
  }

  /** The names of the variables that have a value, in no order. */
  setNames(): string[] {
    const names: string[] = [];
    for (const [name, variable] of this.#bindings)
      if (variable.value !== undefined || variable.dynamic) names.push(name);
    return names;
  }

  /** Begins a scope: that of a function, or of the assignments before a command. */
  push(kind: "function" | "temporary"): void {
    this.#scopes.push(kind);
  }

  /** The innermost scope, made for the assignments before a call, becomes that of the function. */
  makeFunctionScope(): void {
    this.#scopes.makeFunctionScope();
  }

  /** Ends the innermost scope. */
  pop(): void {
    for (const [name, variable] of this.#scopes.pop()) {
      this.#environment = undefined;
      this.#size -= sizeOf(variable?.value);
      this.#shell.assigned(name);
    }
  }

  get depth(): number {
    return this.#scopes.depth;
  }

  /** The number of the innermost function's scope; 0 outside of functions. */
  functionDepth(): number {
    return this.#scopes.functionDepth();
  }

  /** Makes `name` local to the scope number `depth`; one that already is stays as it is. */
  makeLocal(name: string, depth: number, attributes = 0): Variable {
    const current = this.#bindings.get(name);
    if (
      current &&
      (current.scope === depth || (current.scope > depth && current.has(Attribute.TEMPORARY)))
    ) {
      // What an assignment before the function, or before `eval`, made is a local from now on.
      const own = this.writable(name, true);
      own.attributes &= ~Attribute.TEMPORARY;
      return own;
    }
    const all = attributes | this.#initialAttributes(name);
    const variable = new Variable(name, this.#owner, depth, all);
    if (!this.#scopes.bind(variable)) return this.writable(name, true);
    this.#environment = undefined;
    return variable;
  }

  /** Makes `name` a variable of the innermost scope, hiding what it meant before. */
  hide(name: string, attributes: number): void {
    const { depth } = this.#scopes;
    const current = this.#bindings.get(name);
    if (current?.scope === depth) {
      this.writable(name, true).attributes |= attributes;
      return;
    }
    const all = attributes | this.#initialAttributes(name);
    this.#scopes.bind(new Variable(name, this.#owner, depth, all));
    this.#environment = undefined;
  }

  /** Acts on the variable outside of every function, for `declare -g`. */
  withGlobal<T>(name: string, act: () => T): T {
    return this.#scopes.withGlobal(name, act);
  }

  /** The names that are local to the running function. */
  localNames(): string[] {
    return this.#scopes.localNames();
  }

  /** Makes a variable whose value is made when it is read. */
  define(variable: Variable): void {
    this.#bindings.set(variable.name, variable);
  }

  /** `NAME=value` of every exported variable that is set. */
  environment(): readonly string[] {
    this.#environment ??= this.#export();
    return this.#environment;
  }

  /** Takes the export attribute from every variable. */
  clearEnvironment(): void {
    for (const [name, variable] of this.#bindings)
      if (variable.has(Attribute.EXPORT)) this.setAttributes(name, 0, Attribute.EXPORT);
  }

  /** To be called after a change in place of an exported variable. */
  touch(): void {
    this.#environment = undefined;
  }

  fork(shell: Shell): Variables {
    const copy = new Variables(shell, this.#scopes.fork());
    copy.#environment = this.#environment;
    copy.#size = this.#size;
    this.#owner = {};
    return copy;
  }

  /** To be told of elements that are added to an array in place. */
  grewBy(texts: readonly { readonly value: string }[]): void {
    for (const { value } of texts) this.#grow(value.length + ELEMENT_SIZE);
  }

  /** Counts what a value grew by. */
  #grow(characters: number): void {
    this.#size += characters;
    if (this.#size <= MAX_SIZE) return;
    this.#size -= characters;
    failForMemory(this.#shell, characters);
  }

  #create(name: string): Variable {
    const variable = new Variable(name, this.#owner, 0, this.#initialAttributes(name));
    this.#bindings.set(name, variable);
    if (variable.attributes !== 0) this.#environment = undefined;
    return variable;
  }

  #initialAttributes(name: string): number {
    return (
      (this.#shell.options.allexport ? Attribute.EXPORT : 0) |
      (this.#shell.interpreter.isWatched(name) ? Attribute.WATCHED : 0)
    );
  }

  #getSlowly(variable: Variable): string | undefined {
    if (variable.has(Attribute.NAMEREF)) {
      const target = this.resolve(variable.name);
      if (!target || target.name === variable.name) return undefined;
      if (target.subscript !== undefined)
        return this.#shell.readElement(target.name, target.subscript);
      const found = this.#bindings.get(target.name);
      return found && this.get(found.name);
    }
    const value = variable.dynamic ? variable.dynamic.read(this.#shell) : variable.value;
    if (typeof value !== "object") return value;
    return value instanceof IndexedArray ? value.get(0) : value.get("0");
  }

  #setSlowly(variable: Variable, text: string): void {
    const { name } = variable;
    if (variable.has(Attribute.NAMEREF) && variable.value) {
      const target = this.resolve(name);
      if (!target) throw new Abandon(1);
      if (target.subscript === undefined) this.set(target.name, text);
      else this.#shell.writeElement(target.name, target.subscript, text);
      return;
    }
    const own = this.writable(name);
    const converted = this.transform(own, text);
    if (own.dynamic) own.dynamic.write?.(this.#shell, converted);
    else if (own.has(Attribute.ASSOCIATIVE))
      (arrayOf(own, Attribute.ASSOCIATIVE) as AssociativeArray).set("0", converted);
    else if (own.has(Attribute.INDEXED))
      (arrayOf(own, Attribute.INDEXED) as IndexedArray).set(0, converted);
    else {
      this.#grow(converted.length - sizeOf(own.value));
      own.value = converted;
    }
    this.#changed(own);
  }

  #changed(variable: Variable): void {
    if (variable.has(Attribute.EXPORT)) this.#environment = undefined;
    if (variable.has(Attribute.WATCHED)) this.#shell.assigned(variable.name);
  }

  #export(): string[] {
    const environment: string[] = [];
    for (const [name, variable] of this.#bindings) {
      if (!variable.has(Attribute.EXPORT)) continue;
      const value = variable.dynamic ? variable.dynamic.read(this.#shell) : variable.value;
      if (typeof value === "string") environment.push(`${name}=${value}`);
    }
    return environment;
  }
}
