/** `umask`. */
import type { BuiltinTable } from "../builtin.ts";
import { ShellError } from "../errors.ts";
import type { Shell } from "../state.ts";
import { parseOptions } from "./arguments.ts";

export const fileModeBuiltins: BuiltinTable = {
  umask: { run: umask, synopsis: "[-p] [-S] [mode]" },
};

const ALL = 0o777;

async function umask(shell: Shell, args: readonly string[]): Promise<number> {
  const options = parseOptions(shell, args, "pS");
  const [operand] = options.operands;
  const old = await currentMask(shell);
  if (operand !== undefined) {
    const mask = /^\d/u.test(operand) ? octalMask(operand) : symbolicMask(operand, old);
    await shell.sys.umask(mask);
    if (options.has("S")) await shell.write(1, `${symbolic(mask)}\n`);
    return 0;
  }
  const isSymbolic = options.has("S");
  const shown = isSymbolic ? symbolic(old) : old.toString(8).padStart(4, "0");
  const prefix = options.has("p") ? `umask ${isSymbolic ? "-S " : ""}` : "";
  await shell.write(1, `${prefix}${shown}\n`);
  return 0;
}

/** The system call only tells the mask by changing it. */
async function currentMask(shell: Shell): Promise<number> {
  const mask = await shell.sys.umask(0o022);
  await shell.sys.umask(mask);
  return mask;
}

function octalMask(text: string): number {
  if (!/^[0-7]+$/u.test(text) || Number.parseInt(text, 8) > 0o7777) {
    throw new ShellError(`${text}: octal number out of range`);
  }
  return Number.parseInt(text, 8) & ALL;
}

/** `u=rwx,g=rx,o=`: what is allowed, where the mask says what is not. */
function symbolic(mask: number): string {
  return ["u", "g", "o"]
    .map((who, index) => `${who}=${letters((~mask >> (6 - 3 * index)) & 7)}`)
    .join(",");
}

function letters(bits: number): string {
  return `${bits & 4 ? "r" : ""}${bits & 2 ? "w" : ""}${bits & 1 ? "x" : ""}`;
}

const WHO: Readonly<Record<string, number>> = { u: 0o700, g: 0o070, o: 0o007, a: 0o777 };
const PERMISSION: Readonly<Record<string, number>> = { r: 0o444, w: 0o222, x: 0o111 };

function symbolicMask(text: string, old: number): number {
  let allowed = ~old & ALL;
  let position = 0;
  for (;;) {
    let who = 0;
    for (; WHO[text[position] ?? ""] !== undefined; position++)
      who |= WHO[text[position] as string] ?? 0;
    who ||= ALL;
    const operator = text[position++] ?? "";
    if (!"+-=".includes(operator) || operator === "") {
      throw new ShellError(`\`${operator || " "}': invalid symbolic mode operator`);
    }
    let bits = 0;
    for (; PERMISSION[text[position] ?? ""] !== undefined; position++) {
      bits |= PERMISSION[text[position] as string] ?? 0;
    }
    bits &= who;
    if (operator === "+") allowed |= bits;
    else if (operator === "-") allowed &= ~bits;
    else allowed = (allowed & ~who) | bits;
    const next = text[position++];
    if (next === undefined) return ~allowed & ALL;
    if (next !== ",") throw new ShellError(`\`${next}': invalid symbolic mode character`);
  }
}
