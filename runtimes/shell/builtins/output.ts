/** `echo` and `printf`. */
import type { BuiltinTable } from "../builtin.ts";
import { ShellError } from "../errors.ts";
import { unescapeText } from "../escape.ts";
import { formatPrintf } from "../printf.ts";
import type { Shell } from "../state.ts";
import { chain, type MaybePromise } from "../task.ts";
import { assignTo, parseOptions, parseTarget, printUsage, USAGE } from "./arguments.ts";

export const outputBuiltins: BuiltinTable = {
  echo: { run: echo, synopsis: "[-neE] [arg ...]" },
  printf: { run: printf, synopsis: "[-v var] format [arguments]" },
};

function echo(shell: Shell, args: readonly string[]): MaybePromise<number> {
  let escapes = shell.shopt.xpg_echo;
  let newline = "\n";
  let first = 0;
  const takesOptions = !(shell.options.posix && shell.shopt.xpg_echo);
  for (; takesOptions && /^-[neE]+$/u.test(args[first] ?? ""); first++) {
    for (const letter of (args[first] as string).slice(1)) {
      if (letter === "n") newline = "";
      else escapes = letter === "e";
    }
  }
  const words = first === 0 ? args : args.slice(first);
  let text = words.length === 1 ? (words[0] as string) : words.join(" ");
  if (escapes) {
    const unescaped = unescapeText(text, "echo");
    text = unescaped.text;
    if (unescaped.stopped) newline = "";
  }
  return chain(shell.write(1, text + newline), () => 0);
}

function printf(shell: Shell, args: readonly string[]): MaybePromise<number> {
  const options = parseOptions(shell, args, "v:");
  const target = options.value("v");
  if (target !== undefined && parseTarget(target) === undefined) {
    throw new ShellError(`\`${target}': not a valid identifier`, USAGE);
  }
  const [format, ...values] = options.operands;
  if (format === undefined) return printUsage(shell);
  const { output, status } = formatPrintf(format, values, {
    warn: (message) => shell.complain(message),
    now: () => Number(shell.sys.clock_gettime(0) as bigint) / 1e9,
    startTime: Number(shell.startTime) / 1e9,
    zone: shell.variables.get("TZ"),
    assign: (name, value) => assignTo(shell, name, value),
  });
  if (target === undefined) return chain(shell.write(1, output), () => status);
  const end = output.indexOf("\0");
  assignTo(shell, target, end < 0 ? output : output.slice(0, end));
  return status;
}
