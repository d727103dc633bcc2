/** What `declare`, `export`, `readonly` and `local` print. */

import { functionText } from "../function-text.ts";
import type { ShellFunction } from "../functions.ts";
import type { Shell } from "../state.ts";
import { chain, type MaybePromise } from "../task.ts";
import { Attribute, type Variable } from "../variable.ts";
import type { Request } from "./declare.ts";
import {
  declarationLine,
  functionLine,
  sortedFunctions,
  sortedNames,
  variableList,
} from "./variable-text.ts";

export function printVariables(shell: Shell, request: Request): MaybePromise<number> {
  const { command, options, on } = request;
  const { operands } = options;
  if (operands.length > 0) return printNamed(shell, operands);
  if (command === "declare" && options.list.length === 0) {
    return chain(shell.write(1, variableList(shell)), () => 0);
  }
  const names = command === "local" ? shell.variables.localNames() : shell.variables.names();
  const wanted = sortedNames(names)
    .map((name) => shell.variables.lookup(name))
    .filter((variable) => variable !== undefined)
    .filter((variable) => isWanted(variable, on));
  const text = wanted.map((variable) => declarationLine(shell, variable)).join("");
  return chain(shell.write(1, text), () => 0);
}

/** All of several attributes. */
function isWanted(variable: Variable, on: number): boolean {
  const isHidden = variable.has(Attribute.WATCHED) && variable.value === undefined && on === 0;
  return (variable.attributes & on) === on && !(isHidden && variable.dynamic === undefined);
}

async function printNamed(shell: Shell, names: readonly string[]): Promise<number> {
  let status = 0;
  for (const name of names) {
    const variable = shell.variables.lookup(name);
    if (variable !== undefined) await shell.write(1, declarationLine(shell, variable));
    else {
      shell.complain(`${name}: not found`);
      status = 1;
    }
  }
  return status;
}

export async function printFunctions(shell: Shell, request: Request): Promise<number> {
  const { options } = request;
  const onlyNames = options.has("F");
  const { operands } = options;
  if (operands.length === 0) {
    const functions = sortedFunctions(shell).filter((one) => isWantedFunction(one, request));
    const isListing = onlyNames || request.command === "export" || request.command === "readonly";
    const text = functions.map((one) => (isListing ? functionLine(one) : fullText(one))).join("");
    await shell.write(1, text);
    return 0;
  }
  let status = 0;
  for (const name of operands) {
    const found = shell.functions.get(name);
    if (found === undefined) status = 1;
    else await shell.write(1, onlyNames ? nameLine(shell, found) : `${functionText(found)}\n`);
  }
  return status;
}

function isWantedFunction(one: ShellFunction, { command, on }: Request): boolean {
  if (command === "export" || (on & Attribute.EXPORT) !== 0) return one.isExported;
  if (command === "readonly" || (on & Attribute.READONLY) !== 0) return one.isReadonly;
  return (on & Attribute.TRACE) === 0 || one.isTraced;
}

/** The definition, and what it takes to give it its attributes. */
function fullText(one: ShellFunction): string {
  const hasAttributes = one.isExported || one.isReadonly || one.isTraced;
  return `${functionText(one)}\n${hasAttributes ? functionLine(one) : ""}`;
}

/** Under `extdebug` with where it was defined. */
function nameLine(shell: Shell, one: ShellFunction): string {
  if (!shell.shopt.extdebug) return `${one.name}\n`;
  return `${one.name} ${one.source.line(one.position)} ${one.source.name}\n`;
}
