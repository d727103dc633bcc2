/** `unset`. */
import { AssociativeArray, IndexedArray } from "../arrays.ts";
import type { BuiltinTable } from "../builtin.ts";
import { ShellError } from "../errors.ts";
import type { Shell } from "../state.ts";
import { drive, type MaybePromise, type Task } from "../task.ts";
import { Attribute } from "../variable.ts";
import { evaluate } from "../words/arithmetic-values.ts";
import { expandSubscript } from "../words/subscripts.ts";
import { type Options, parseOptions, parseTarget } from "./arguments.ts";

export const unsetBuiltins: BuiltinTable = {
  unset: { run: unset, special: true, synopsis: "[-f] [-v] [-n] [name ...]" },
};

function unset(shell: Shell, args: readonly string[]): MaybePromise<number> {
  return drive(unsetAll(shell, args));
}

function* unsetAll(shell: Shell, args: readonly string[]): Task<number> {
  const options = parseOptions(shell, args, "fvn");
  if (options.has("f") && options.has("v")) {
    throw new ShellError("cannot simultaneously unset a function and a variable");
  }
  let status = 0;
  for (const operand of options.operands) {
    try {
      yield* unsetOne(shell, operand, options);
    } catch (error) {
      if (!(error instanceof ShellError)) throw error;
      shell.complain(error.message);
      status = error.status;
    }
  }
  return status;
}

function* unsetOne(shell: Shell, operand: string, options: Options): Task<void> {
  if (options.has("f")) {
    unsetFunction(shell, operand);
    return;
  }
  const target = parseTarget(operand);
  if (target === undefined) return;
  if (target.subscript !== undefined) {
    yield* unsetElement(shell, target.name, target.subscript);
    return;
  }
  const through = options.has("n") ? undefined : shell.variables.resolve(operand);
  if (through?.subscript !== undefined) {
    yield* unsetElement(shell, through.name, through.subscript);
    return;
  }
  if (unsetVariable(shell, operand, options.has("n"))) return;
  if (!options.has("v") && !options.has("n")) unsetFunction(shell, operand);
}

function unsetFunction(shell: Shell, name: string): void {
  if (shell.functions.get(name)?.isReadonly) {
    throw new ShellError(`${name}: cannot unset: readonly function`);
  }
  shell.functions.delete(name);
}

/** Through a name reference, unless the reference itself is meant. False where there was nothing. */
function unsetVariable(shell: Shell, name: string, isReference: boolean): boolean {
  if (isReference) return shell.variables.unset(name);
  const target = shell.variables.resolve(name);
  return target === undefined || shell.variables.unset(target.name);
}

function* unsetElement(shell: Shell, reference: string, subscript: string): Task<void> {
  const name = shell.variables.resolve(reference)?.name ?? reference;
  const variable = shell.variables.find(name);
  if (variable === undefined) return;
  if (variable.has(Attribute.READONLY)) {
    throw new ShellError(`${name}: cannot unset: readonly variable`);
  }
  const value = shell.variables.value(name);
  const expanded = expandSubscript(shell, name, subscript);
  const key: string = typeof expanded === "string" ? expanded : yield expanded;
  if (value instanceof AssociativeArray) {
    (shell.variables.writable(name).value as AssociativeArray).delete(key);
    return;
  }
  const isWhole = subscript === "@" || subscript === "*";
  if (value instanceof IndexedArray) {
    if (isWhole) shell.variables.setArray(name, new IndexedArray());
    else {
      const index = Number(evaluate(shell, key));
      const at = index < 0 ? value.last + 1 + index : index;
      if (at < 0) throw new ShellError(`[${subscript}]: bad array subscript`);
      (shell.variables.writable(name).value as IndexedArray).delete(at);
    }
  } else if (isWhole || Number(evaluate(shell, key)) === 0) shell.variables.unset(name);
  else throw new ShellError(`${name}: not an array variable`);
}
