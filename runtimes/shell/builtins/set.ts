/** `set`: options, positional parameters, and the list of all variables. */
import type { BuiltinTable } from "../builtin.ts";
import { ShellError } from "../errors.ts";
import type { Shell } from "../state.ts";
import { chain, type MaybePromise } from "../task.ts";
import { USAGE, usageError } from "./arguments.ts";
import {
  changeSetOption,
  isSetOption,
  optionLine,
  SET_LETTERS,
  type SetOptionName,
} from "./option-text.ts";
import { variableList } from "./variable-text.ts";

export const setBuiltins: BuiltinTable = {
  set: {
    run: set,
    special: true,
    synopsis: "[-abefhkmnptuvxBCEHPT] [-o option-name] [--] [-] [arg ...]",
  },
};

function set(shell: Shell, args: readonly string[]): MaybePromise<number> {
  if (args.length === 0) return chain(shell.write(1, variableList(shell)), () => 0);
  checkLetters(shell, args);
  let output = "";
  let index = 0;
  for (; index < args.length; index++) {
    const arg = args[index] as string;
    if (arg === "--") return finish(shell, output, args.slice(index + 1));
    if (arg === "-") {
      changeSetOption(shell, "xtrace", false);
      changeSetOption(shell, "verbose", false);
      const rest = args.slice(index + 1);
      return finish(shell, output, rest.length > 0 ? rest : undefined);
    }
    if (arg === "+") continue;
    if (!/^[-+]./u.test(arg)) break;
    const on = arg.startsWith("-");
    for (const letter of arg.slice(1)) {
      if (letter !== "o") {
        changeSetOption(shell, SET_LETTERS.get(letter) as SetOptionName, on);
        continue;
      }
      const name = args[index + 1];
      if (name === undefined || /^[-+]/u.test(name)) output += listOptions(shell, on);
      else {
        index++;
        if (!isSetOption(shell, name)) {
          throw new ShellError(`${name}: invalid option name`, USAGE);
        }
        changeSetOption(shell, name, on);
      }
    }
  }
  return finish(shell, output, index < args.length ? args.slice(index) : undefined);
}

/** Nothing is changed when a letter is wrong. */
function checkLetters(shell: Shell, args: readonly string[]): void {
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] as string;
    if (arg === "+") continue;
    if (arg === "--" || !/^[-+]./u.test(arg)) return;
    for (const letter of arg.slice(1)) {
      if (letter !== "o" && !SET_LETTERS.has(letter)) {
        throw usageError(shell, `${arg[0]}${letter}: invalid option`);
      }
    }
    if (arg.includes("o") && !/^[-+]/u.test(args[index + 1] ?? "-")) index++;
  }
}

function finish(
  shell: Shell,
  output: string,
  positional: readonly string[] | undefined,
): MaybePromise<number> {
  if (positional !== undefined) shell.positional = positional;
  return output === "" ? 0 : chain(shell.write(1, output), () => 0);
}

/** `set -o` lists for a reader, `set +o` as commands. */
function listOptions(shell: Shell, readable: boolean): string {
  return Object.entries(shell.options)
    .map(([name, on]) => (readable ? optionLine(name, on) : `set ${on ? "-" : "+"}o ${name}\n`))
    .join("");
}
