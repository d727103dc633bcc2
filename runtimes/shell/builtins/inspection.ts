/** `enable`, `hash`, `caller`, `times`: what the shell knows about commands and calls. */
import type { BuiltinTable } from "../builtin.ts";
import { ShellError } from "../errors.ts";
import { parseDecimal } from "../numbers.ts";
import type { Shell } from "../state.ts";
import { parseOptions, usageError } from "./arguments.ts";
import { findInPath } from "./lookup.ts";
import { sortedNames } from "./variable-text.ts";

export const inspectionBuiltins: BuiltinTable = {
  caller: { run: caller, synopsis: "[expr]" },
  enable: { run: enable, synopsis: "[-a] [-dnps] [-f filename] [name ...]" },
  hash: { run: hash, synopsis: "[-lr] [-p pathname] [-dt] [name ...]" },
  times: { run: times, special: true, synopsis: "" },
};

async function caller(shell: Shell, args: readonly string[]): Promise<number> {
  const { operands } = parseOptions(shell, args, "");
  const [operand] = operands;
  const level = operand === undefined ? 0n : parseDecimal(operand);
  if (level === undefined) throw usageError(shell, `${operand}: invalid number`);
  const frame = shell.frames.at(-1 - Number(level));
  if (frame === undefined || level < 0n) {
    if (operand !== undefined) return 1;
    await shell.write(1, "0 NULL\n");
    return 0;
  }
  const outer = shell.frames.at(-2 - Number(level));
  // With -c nothing is below the outermost function.
  if (operand !== undefined && !outer && shell.scriptName === undefined) return 1;
  const place = operand === undefined ? "" : `${outer?.name ?? "main"} `;
  await shell.write(1, `${frame.callLine} ${place}${frame.caller.name}\n`);
  return 0;
}

async function enable(shell: Shell, args: readonly string[]): Promise<number> {
  const options = parseOptions(shell, args, "adnpsf:");
  const file = options.value("f");
  if (file !== undefined) throw new ShellError(`${file}: dynamic loading not available`);
  const { operands } = options;
  const off = options.has("n");
  if (operands.length === 0 || options.has("p")) {
    await shell.write(1, listBuiltins(shell, options.has("a"), off, options.has("s")));
    return 0;
  }
  let status = 0;
  for (const name of operands) {
    const isKnown = shell.builtins.has(name);
    if (isKnown && !options.has("d")) {
      if (off) shell.disabledBuiltins.set(name, true);
      else shell.disabledBuiltins.delete(name);
      continue;
    }
    shell.complain(`${name}: ${isKnown ? "not dynamically loaded" : "not a shell builtin"}`);
    status = 1;
  }
  return status;
}

function listBuiltins(shell: Shell, all: boolean, off: boolean, special: boolean): string {
  let text = "";
  for (const name of sortedNames([...shell.builtins.keys()])) {
    if (special && shell.builtins.get(name)?.special !== true) continue;
    const isOff = shell.disabledBuiltins.has(name);
    if (all || isOff === off) text += `enable ${isOff ? "-n " : ""}${name}\n`;
  }
  return text;
}

async function hash(shell: Shell, args: readonly string[]): Promise<number> {
  const options = parseOptions(shell, args, "dlp:rt");
  if (!shell.options.hashall) throw new ShellError("hashing disabled");
  const { operands } = options;
  if (options.has("r")) shell.hashed.clear();
  else if (operands.length === 0) {
    await shell.write(1, listHashed(shell, options.has("l")));
    return 0;
  }
  const path = options.value("p");
  let status = 0;
  for (const name of operands) {
    const known = shell.hashed.get(name);
    if (options.has("t")) {
      if (known !== undefined) {
        const line = options.has("l")
          ? hashCommand(known.path, name)
          : `${operands.length > 1 ? `${name}\t` : ""}${known.path}\n`;
        await shell.write(1, line);
      } else status = notFound(shell, name);
    } else if (options.has("d")) {
      if (!shell.hashed.delete(name)) status = notFound(shell, name);
    } else if (path !== undefined) shell.hashed.set(name, { path, hits: 0 });
    else if (!(await remember(shell, name))) status = notFound(shell, name);
  }
  return status;
}

function notFound(shell: Shell, name: string): number {
  shell.complain(`${name}: not found`);
  return 1;
}

/** True also for what needs no remembering. */
async function remember(shell: Shell, name: string): Promise<boolean> {
  if (name.includes("/") || shell.functions.has(name) || shell.builtins.has(name)) return true;
  const [path] = await findInPath(shell, name, false);
  if (path === undefined) return false;
  shell.hashed.set(name, { path, hits: 0 });
  return true;
}

function listHashed(shell: Shell, asCommands: boolean): string {
  if (shell.hashed.size === 0) return "hash: hash table empty\n";
  let text = asCommands ? "" : "hits\tcommand\n";
  for (const [name, { path, hits }] of shell.hashed) {
    text += asCommands ? hashCommand(path, name) : `${String(hits).padStart(4)}\t${path}\n`;
  }
  return text;
}

function hashCommand(path: string, name: string): string {
  return `builtin hash -p ${path} ${name}\n`;
}

async function times(shell: Shell): Promise<number> {
  const lines: string[] = [];
  for (const who of [0, -1]) {
    const { utime, stime } = await shell.sys.getrusage(who);
    lines.push(`${duration(utime)} ${duration(stime)}\n`);
  }
  await shell.write(1, lines.join(""));
  return 0;
}

/** `0m0.002s` */
function duration(nanoseconds: bigint): string {
  const milliseconds = nanoseconds / 1_000_000n;
  const seconds = (milliseconds / 1000n) % 60n;
  const rest = String(milliseconds % 1000n).padStart(3, "0");
  return `${milliseconds / 60_000n}m${seconds}.${rest}s`;
}
