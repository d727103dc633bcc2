/** `echo` and `printf`. */
import type { BuiltinTable } from "../builtin.ts";
import { ShellError } from "../errors.ts";
import { unescapeText } from "../escape.ts";
import { formatPrintf } from "../printf.ts";
import type { Shell } from "../state.ts";
import { chain, type MaybePromise } from "../task.ts";
import { Attribute } from "../variable.ts";
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

const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;

/** In seconds. */
function clock(shell: Shell, number: number): number {
  return Number(shell.sys.clock_gettime(number) as bigint) / 1e9;
}

function sinceStart(shell: Shell): number {
  return clock(shell, CLOCK_MONOTONIC) - Number(shell.startTime) / 1e9;
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
    now: () => clock(shell, CLOCK_REALTIME),
    startTime: () => clock(shell, CLOCK_REALTIME) - sinceStart(shell),
    zone: () => exportedZone(shell),
    assign: (name, value) => assignTo(shell, name, value),
  });
  if (target === undefined) return chain(shell.write(1, output), () => status);
  const end = output.indexOf("\0");
  assignTo(shell, target, end < 0 ? output : output.slice(0, end));
  return status;
}

/** The C library sees TZ only where it is exported. */
function exportedZone(shell: Shell): string | undefined {
  const isExported = shell.variables.lookup("TZ")?.has(Attribute.EXPORT) === true;
  return isExported ? shell.variables.get("TZ") : undefined;
}
