/** Lists of variables and functions as `set`, `declare` and their like print them. */
import { AssociativeArray } from "../arrays.ts";
import { compareBytes } from "../compare.ts";
import { arrayText, declarationText } from "../declaration-text.ts";
import { functionText } from "../function-text.ts";
import type { ShellFunction } from "../functions.ts";
import { quoteWhenNeeded } from "../quote.ts";
import type { Shell } from "../state.ts";
import type { Variable } from "../variable.ts";

/** What plain `set` prints: every variable that has a value, then, outside posix mode, functions. */
export function variableList(shell: Shell): string {
  const variables = sortedNames(shell.variables.names()).map((name) =>
    assignmentText(shell, shell.variables.lookup(name)),
  );
  const functions = shell.options.posix ? [] : sortedFunctions(shell).map(functionText);
  return [...variables, ...functions.map((text) => `${text}\n`)].join("");
}

/** `name=value` as an assignment could read it; empty for what has no value. */
export function assignmentText(shell: Shell, variable: Variable | undefined): string {
  if (variable === undefined) return "";
  const value = variable.dynamic ? variable.dynamic.read(shell) : variable.value;
  if (value === undefined) return "";
  const text =
    typeof value === "string"
      ? quoteWhenNeeded(value)
      : arrayText(value.entries(), value instanceof AssociativeArray);
  return `${variable.name}=${text}\n`;
}

/** `declare -x name="value"` */
export function declarationLine(shell: Shell, variable: Variable): string {
  return `${declarationText(shell, variable)}\n`;
}

/** `declare -f name`, `declare -fx name` */
export function functionLine(shellFunction: ShellFunction): string {
  const letters = `f${shellFunction.isReadonly ? "r" : ""}${shellFunction.isTraced ? "t" : ""}${shellFunction.isExported ? "x" : ""}`;
  return `declare -${letters} ${shellFunction.name}\n`;
}

export function sortedNames(names: readonly string[]): string[] {
  return [...names].sort(compareBytes);
}

export function sortedFunctions(shell: Shell): ShellFunction[] {
  return [...shell.functions.values()].sort((a, b) => compareBytes(a.name, b.name));
}
