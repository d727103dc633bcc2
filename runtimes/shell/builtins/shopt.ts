/** `shopt`: shows and changes the options of its own list, and with -o those of `set`. */
import type { BuiltinTable } from "../builtin.ts";
import { ShellError } from "../errors.ts";
import type { Shell } from "../state.ts";
import { chain, type MaybePromise } from "../task.ts";
import { type Options, parseOptions } from "./arguments.ts";
import { changeSetOption, changeShopt, isSetOption, isShopt, optionLine } from "./option-text.ts";

export const shoptBuiltins: BuiltinTable = {
  shopt: { run: shopt, synopsis: "[-pqsu] [-o] [optname ...]" },
};

/** One of the two lists of options. */
interface OptionList {
  readonly names: readonly string[];
  readonly invalid: string;
  read(name: string): boolean | undefined;
  write(name: string, on: boolean): void;
  /** As a command that sets it to what it is. */
  command(name: string, on: boolean): string;
}

function shopt(shell: Shell, args: readonly string[]): MaybePromise<number> {
  const options = parseOptions(shell, args, "psuoq");
  const on = options.has("s");
  if (on && options.has("u")) {
    throw new ShellError("cannot set and unset shell options simultaneously");
  }
  const list = options.has("o") ? setOptions(shell) : shoptOptions(shell);
  const { operands } = options;
  if (operands.length > 0 && (on || options.has("u"))) return change(shell, list, operands, on);
  return show(shell, list, options);
}

function change(shell: Shell, list: OptionList, names: readonly string[], on: boolean): number {
  let status = 0;
  for (const name of names) {
    if (list.read(name) !== undefined) list.write(name, on);
    else {
      shell.complain(`${name}: ${list.invalid}`);
      status = 1;
    }
  }
  return status;
}

function show(shell: Shell, list: OptionList, options: Options): MaybePromise<number> {
  const { operands } = options;
  const wanted = options.has("s") ? true : options.has("u") ? false : undefined;
  let output = "";
  let status = 0;
  for (const name of operands.length > 0 ? operands : list.names) {
    const on = list.read(name);
    if (on === undefined) {
      shell.complain(`${name}: ${list.invalid}`);
      status = 1;
      continue;
    }
    if (operands.length > 0 && !on) status = 1;
    if (wanted !== undefined && on !== wanted) continue;
    output += options.has("p") ? list.command(name, on) : optionLine(name, on);
  }
  if (options.has("q")) return status;
  return chain(shell.write(1, output), () => status);
}

function shoptOptions(shell: Shell): OptionList {
  return {
    names: Object.keys(shell.shopt),
    invalid: "invalid shell option name",
    read: (name) => (isShopt(shell, name) ? shell.shopt[name] : undefined),
    write: (name, on) => {
      if (isShopt(shell, name)) changeShopt(shell, name, on);
    },
    command: (name, on) => `shopt ${on ? "-s" : "-u"} ${name}\n`,
  };
}

function setOptions(shell: Shell): OptionList {
  return {
    names: Object.keys(shell.options),
    invalid: "invalid option name",
    read: (name) => (isSetOption(shell, name) ? shell.options[name] : undefined),
    write: (name, on) => {
      if (isSetOption(shell, name)) changeSetOption(shell, name, on);
    },
    command: (name, on) => `set ${on ? "-" : "+"}o ${name}\n`,
  };
}
