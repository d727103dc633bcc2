/** `shift` and `getopts`. */
import type { BuiltinTable } from "../builtin.ts";
import { ShellError } from "../errors.ts";
import { parseDecimal } from "../numbers.ts";
import type { Shell } from "../state.ts";
import { isName, parseOptions, printUsage, USAGE } from "./arguments.ts";

export const positionalBuiltins: BuiltinTable = {
  getopts: { run: getopts, synopsis: "optstring name [arg ...]" },
  shift: { run: shift, special: true, synopsis: "[n]" },
};

function shift(shell: Shell, args: readonly string[]): number {
  const operands = args[0] === "--" ? args.slice(1) : args;
  if (operands.length > 1) shell.failLine("too many arguments");
  const [operand = "1"] = operands;
  const count = parseDecimal(operand);
  if (count === undefined) throw new ShellError(`${operand}: numeric argument required`);
  if (count < 0n) throw new ShellError(`${operand}: shift count out of range`);
  const { positional } = shell;
  if (count > BigInt(positional.length)) {
    if (!shell.shopt.shift_verbose && !shell.options.posix) return 1;
    throw new ShellError(`${operand}: shift count out of range`);
  }
  if (count > 0n) shell.positional = positional.slice(Number(count));
  return 0;
}

/** What one call of `getopts` found. */
interface Found {
  /** The value of the name; `?` and `:` for what is wrong. */
  readonly letter: string;
  readonly argument: string | undefined;
  readonly message: string | undefined;
}

function getopts(shell: Shell, args: readonly string[]): number {
  const { operands } = parseOptions(shell, args, "");
  const [specification, name, ...given] = operands;
  if (specification === undefined || name === undefined) return printUsage(shell);
  const words = operands.length > 2 ? given : shell.positional;
  const state = resume(shell, words.length);
  const found = nextOption(specification, words, state);
  shell.variables.set("OPTIND", String(state.index));
  // An assignment to OPTIND starts afresh; this one does not.
  shell.getopts = state;
  if (found?.argument === undefined) shell.variables.unset("OPTARG");
  else shell.variables.set("OPTARG", found.argument);
  if (found?.message !== undefined && shell.variables.get("OPTERR") !== "0") {
    shell.output.warn(`${shell.name}: ${found.message}\n`);
  }
  if (!isName(name)) throw new ShellError(`\`${name}': not a valid identifier`);
  try {
    shell.variables.set(name, found?.letter ?? "?");
  } catch (error) {
    if (!(error instanceof ShellError)) throw error;
    shell.warn(error.message);
    return USAGE;
  }
  return found === undefined ? 1 : 0;
}

/** Where the last call ended, unless OPTIND was assigned since. */
function resume(shell: Shell, count: number): { index: number; offset: number } {
  const index = Number(parseDecimal(shell.variables.get("OPTIND") ?? "") ?? 1n);
  if (shell.getopts.index === index && index <= count + 1) return { ...shell.getopts };
  return { index: Math.max(1, Math.min(index, count + 1)), offset: 0 };
}

/** Takes one option; undefined behind the last. Advances `state`. */
function nextOption(
  specification: string,
  words: readonly string[],
  state: { index: number; offset: number },
): Found | undefined {
  const isSilent = specification.startsWith(":");
  const word = words[state.index - 1];
  if (state.offset === 0) {
    if (word === undefined || !word.startsWith("-") || word === "-") return undefined;
    if (word === "--") {
      state.index++;
      return undefined;
    }
    state.offset = 1;
  }
  const letter = word?.[state.offset];
  if (word === undefined || letter === undefined) {
    state.offset = 0;
    state.index = Math.min(state.index, words.length + 1);
    return undefined;
  }
  state.offset++;
  const rest = word.slice(state.offset);
  const goOn = () => {
    if (rest !== "") return;
    state.index++;
    state.offset = 0;
  };
  const place = letter === ":" ? -1 : specification.indexOf(letter);
  if (place < 0) {
    goOn();
    const message = isSilent ? undefined : `illegal option -- ${letter}`;
    return { letter: "?", argument: isSilent ? letter : undefined, message };
  }
  if (specification[place + 1] !== ":") {
    goOn();
    return { letter, argument: undefined, message: undefined };
  }
  state.offset = 0;
  state.index++;
  if (rest !== "") return { letter, argument: rest, message: undefined };
  const argument = words[state.index - 1];
  if (argument !== undefined) {
    state.index++;
    return { letter, argument, message: undefined };
  }
  if (isSilent) return { letter: ":", argument: letter, message: undefined };
  const message = `option requires an argument -- ${letter}`;
  return { letter: "?", argument: undefined, message };
}
