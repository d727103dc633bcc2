/**
 * The arguments of declare, export, local, readonly and their like: `x=$y` is not split there, and
 * `a=(...)` is assigned before the builtin sees `a`.
 */
import type { Assignment, Command } from "unbash";
import { ShellError } from "../errors.ts";
import type { Shell } from "../state.ts";
import type { Task } from "../task.ts";
import { Attribute } from "../variable.ts";
import { compileValue, compileWord } from "../words/compile.ts";
import { expandFields, expandText } from "../words/expand.ts";
import { assignArray } from "./assignments.ts";
import { runBuiltin } from "./simple.ts";

/** The command's fields, its compound assignments made. */
export function* expandDeclaration(shell: Shell, node: Command): Task<readonly string[]> {
  const fields: string[] = [];
  if (node.name) yield* addFields(shell, node.name, fields);
  for (const argument of node.args) {
    if (argument.type === "Word") yield* addFields(shell, argument, fields);
    else if (argument.value.type === "ArrayValue") {
      yield* declareArray(shell, argument, fields);
      fields.push(argument.name);
    } else fields.push(yield* assignmentText(shell, argument));
  }
  return fields;
}

function* addFields(
  shell: Shell,
  word: Parameters<typeof compileWord>[0],
  fields: string[],
): Task<void> {
  const expanded = expandFields(shell, [compileWord(word)]);
  const values: readonly string[] = expanded instanceof Promise ? yield expanded : expanded;
  for (const value of values) fields.push(value);
}

/** `name=value` with the value expanded as an assignment's is. */
function* assignmentText(shell: Shell, { name, index, append, value }: Assignment): Task<string> {
  if (value.type === "ArrayValue") return name;
  let left = name;
  if (index) {
    const expanded = expandText(shell, compileWord(index));
    const subscript: string = typeof expanded === "string" ? expanded : yield expanded;
    left += `[${subscript}]`;
  }
  const expanded = expandText(shell, compileValue(value));
  const text: string = typeof expanded === "string" ? expanded : yield expanded;
  return `${left}${append ? "+=" : "="}${text}`;
}

/** Declares the variable as the command would, then gives it its elements. */
function* declareArray(shell: Shell, node: Assignment, fields: readonly string[]): Task<void> {
  const [command = "", ...args] = fields;
  const letters = args
    .filter((arg) => /^-[A-Za-z]+$/u.test(arg))
    .join("")
    .replaceAll("-", "");
  const isAssociative =
    letters.includes("A") ||
    (!letters.includes("a") &&
      shell.variables.find(node.name)?.has(Attribute.ASSOCIATIVE) === true);
  const declare = shell.builtins.get(command === "local" ? "local" : "declare");
  const kept = [...letters].filter((letter) => "gilu".includes(letter)).join("");
  const scope = command === "export" || command === "readonly" ? "g" : "";
  if (declare && /^(?:declare|typeset|local|export|readonly)$/u.test(command)) {
    const option = `-${isAssociative ? "A" : "a"}${kept}${scope}`;
    const declared = runBuiltin(shell, command, declare, [option, node.name]);
    const status: number = typeof declared === "number" ? declared : yield declared;
    if (status !== 0) throw new ShellError("");
  }
  try {
    if (node.value.type === "ArrayValue") {
      const append = node.append === true;
      yield* assignArray(shell, node.name, node.value, append, true);
    }
  } catch (error) {
    if (!(error instanceof ShellError)) throw error;
    shell.failLine(error.message);
  }
}
