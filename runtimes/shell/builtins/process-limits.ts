/** `ulimit`. */
import { KernelError, strerror } from "../../../kernel/index.ts";
import type { BuiltinTable } from "../builtin.ts";
import { ShellError } from "../errors.ts";
import type { Shell } from "../state.ts";
import { parseOptions } from "./arguments.ts";

export const processLimitBuiltins: BuiltinTable = {
  ulimit: { run: ulimit, synopsis: "[-SHabcdefiklmnpqrstuvxPRT] [limit]" },
};

interface Limit {
  readonly letter: string;
  /** Linux's number; undefined for what is fixed. */
  readonly resource: number | undefined;
  readonly name: string;
  readonly unit: string;
  /** The unit in the kernel's units. */
  readonly factor: number;
}

const LIMITS: readonly Limit[] = [
  ["R", 15, "real-time non-blocking time", "microseconds", 1],
  ["c", 4, "core file size", "blocks", 1024],
  ["d", 2, "data seg size", "kbytes", 1024],
  ["e", 13, "scheduling priority", "", 1],
  ["f", 1, "file size", "blocks", 1024],
  ["i", 11, "pending signals", "", 1],
  ["l", 8, "max locked memory", "kbytes", 1024],
  ["m", 5, "max memory size", "kbytes", 1024],
  ["n", 7, "open files", "", 1],
  ["p", undefined, "pipe size", "512 bytes", 1],
  ["q", 12, "POSIX message queues", "bytes", 1],
  ["r", 14, "real-time priority", "", 1],
  ["s", 3, "stack size", "kbytes", 1024],
  ["t", 0, "cpu time", "seconds", 1],
  ["u", 6, "max user processes", "", 1],
  ["v", 9, "virtual memory", "kbytes", 1024],
  ["x", 10, "file locks", "", 1],
].map(([letter, resource, name, unit, factor]) => ({
  letter,
  resource,
  name,
  unit,
  factor,
})) as Limit[];

const LETTERS = LIMITS.map(({ letter }) => letter).join("");
/** Blocks of 512 bytes that are written to a pipe at once. */
const PIPE_SIZE = 8;

async function ulimit(shell: Shell, args: readonly string[]): Promise<number> {
  const options = parseOptions(shell, args, `SHa${LETTERS}`);
  const { list, operands } = options;
  const isHard = options.has("H");
  const chosen = list.filter(({ letter }) => LETTERS.includes(letter));
  const limits = options.has("a")
    ? [...LIMITS]
    : chosen.map(({ letter }) => LIMITS.find((limit) => limit.letter === letter) as Limit);
  if (limits.length === 0) limits.push(LIMITS.find(({ letter }) => letter === "f") as Limit);
  const [operand] = operands;
  if (operand !== undefined && !options.has("a")) {
    const which = { soft: options.has("S") || !isHard, hard: isHard || !options.has("S") };
    for (const limit of limits) await change(shell, limit, operand, which);
    return 0;
  }
  let output = "";
  for (const limit of limits) {
    const value = await read(shell, limit, isHard && !options.has("S"));
    output += limits.length > 1 ? `${describe(limit)} ${value}\n` : `${value}\n`;
  }
  await shell.write(1, output);
  return 0;
}

function describe({ letter, name, unit }: Limit): string {
  const key = unit === "" ? `(-${letter})` : `(${unit}, -${letter})`;
  return `${name.padEnd(20)} ${key.padStart(19)}`;
}

async function read(shell: Shell, limit: Limit, isHard: boolean): Promise<string> {
  if (limit.resource === undefined) return String(PIPE_SIZE);
  const { soft, hard } = await shell.sys.prlimit64(0, limit.resource, undefined);
  const value = isHard ? hard : soft;
  return value === Number.POSITIVE_INFINITY
    ? "unlimited"
    : String(Math.floor(value / limit.factor));
}

async function change(
  shell: Shell,
  limit: Limit,
  text: string,
  which: { readonly soft: boolean; readonly hard: boolean },
): Promise<void> {
  const failed = (reason: string): never => {
    throw new ShellError(`${limit.name}: cannot modify limit: ${reason}`);
  };
  if (limit.resource === undefined) return failed("Invalid argument");
  const old = await shell.sys.prlimit64(0, limit.resource, undefined);
  const value = parseLimit(text, old, limit.factor);
  const soft = which.soft ? value : old.soft;
  const hard = which.hard ? value : old.hard;
  try {
    await shell.sys.prlimit64(0, limit.resource, { soft, hard });
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    failed(strerror(error.errno));
  }
}

function parseLimit(
  text: string,
  old: { readonly soft: number; readonly hard: number },
  factor: number,
): number {
  if (text === "unlimited") return Number.POSITIVE_INFINITY;
  if (text === "hard") return old.hard;
  if (text === "soft") return old.soft;
  if (!/^\d+$/u.test(text)) throw new ShellError(`${text}: invalid number`);
  const value = BigInt(text) * BigInt(factor);
  if (value >= 2n ** 64n) throw new ShellError(`${text}: limit out of range`);
  return Number(value);
}
