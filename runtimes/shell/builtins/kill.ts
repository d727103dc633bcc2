/** `kill`: signals by name and number, to processes, groups and jobs. */
import { KernelError, SIGNAL_MAX, Signal, signalName, signalNumber } from "../../../kernel/abi.ts";
import { strerror } from "../../../kernel/index.ts";
import type { BuiltinTable } from "../builtin.ts";
import { ShellError } from "../errors.ts";
import { reapChildren } from "../execute/jobs.ts";
import { PSEUDO_SIGNALS } from "../execute/traps.ts";
import type { Shell } from "../state.ts";
import { printUsage } from "./arguments.ts";

export const killBuiltins: BuiltinTable = {
  kill: {
    run: kill,
    synopsis: "[-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]",
  },
};

async function kill(shell: Shell, args: readonly string[]): Promise<number> {
  let signal: number = Signal.SIGTERM;
  let index = 0;
  for (; index < args.length; index++) {
    const arg = args[index] as string;
    if (arg === "--") {
      index++;
      break;
    }
    if (!arg.startsWith("-") || arg === "-") break;
    if (arg === "-l" || arg === "-L") return list(shell, args.slice(index + 1));
    const attached = /^-[sn](.+)$/u.exec(arg)?.[1];
    const takesValue = arg === "-s" || arg === "-n";
    const isAttached = attached !== undefined && parseSignal(arg.slice(1)) === undefined;
    const name = takesValue ? args[++index] : isAttached ? attached : arg.slice(1);
    if (name === undefined) throw new ShellError(`${arg}: option requires an argument`);
    signal = parseSignal(name) ?? invalid(name);
    if (!takesValue && !isAttached) {
      index++;
      break;
    }
  }
  const targets = args[index] === "--" ? args.slice(index + 1) : args.slice(index);
  if (targets.length === 0) return printUsage(shell);
  let status = 1;
  for (const target of targets) if (await sendTo(shell, target, signal)) status = 0;
  return status;
}

function invalid(name: string): never {
  throw new ShellError(`${name}: invalid signal specification`);
}

/** 0 for EXIT; undefined for what names no signal. */
function parseSignal(name: string): number | undefined {
  if (/^\d+$/u.test(name)) return Number(name) <= SIGNAL_MAX ? Number(name) : undefined;
  return name.toUpperCase().replace(/^SIG/u, "") === "EXIT" ? 0 : signalNumber(name);
}

/** False, after a message, where nothing was sent. */
async function sendTo(shell: Shell, target: string, signal: number): Promise<boolean> {
  if (/^-?\d+$/u.test(target)) return send(shell, Number(target), signal, target);
  if (target === "") {
    shell.complain("`': not a pid or valid job spec");
    return false;
  }
  if (!target.startsWith("%")) {
    shell.complain(`${target}: arguments must be process or job IDs`);
    return false;
  }
  try {
    const job = shell.jobs.find(target);
    const pids = job.pgid > 0 ? [-job.pgid] : job.processes.map(({ pid }) => pid);
    let sent = false;
    for (const pid of pids) if (await send(shell, pid, signal, String(pid))) sent = true;
    // A stopped job has to run to die.
    const ends = signal === Signal.SIGTERM || signal === Signal.SIGHUP;
    if (ends && job.state === "stopped") {
      for (const pid of pids) await send(shell, pid, Signal.SIGCONT, String(pid));
    }
    return sent;
  } catch (error) {
    if (!(error instanceof ShellError)) throw error;
    shell.complain(error.message);
    return false;
  }
}

async function send(shell: Shell, pid: number, signal: number, shown: string): Promise<boolean> {
  // A child that has ended is no process any more.
  reapChildren(shell);
  try {
    await shell.sys.kill(pid, signal);
    return true;
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    shell.complain(`(${shown}) - ${strerror(error.errno)}`);
    return false;
  }
}

async function list(shell: Shell, names: readonly string[]): Promise<number> {
  if (names.length === 0) {
    await shell.write(1, signalTable());
    return 0;
  }
  let status = 0;
  for (const name of names) {
    const text = translate(name);
    if (text !== undefined) await shell.write(1, `${text}\n`);
    else {
      shell.complain(`${name}: invalid signal specification`);
      status = 1;
    }
  }
  return status;
}

/** A name for a number (or for the status of what the signal ended), a number for a name. */
function translate(text: string): string | undefined {
  if (!/^\d+$/u.test(text)) {
    const pseudo = (PSEUDO_SIGNALS as readonly string[]).indexOf(text.toUpperCase());
    if (pseudo >= 0) return String([0, 66, 65, 67][pseudo]);
    return signalNumber(text)?.toString();
  }
  const number = Number(text) > 128 ? Number(text) - 128 : Number(text);
  return number === 0 ? "EXIT" : signalName(number);
}

/** Also what `trap -l` prints. */
export function signalTable(): string {
  let text = "";
  let column = 0;
  for (let signal = 1; signal <= SIGNAL_MAX; signal++) {
    const name = signalName(signal);
    if (name === undefined) continue;
    text += `${String(signal).padStart(2)}) SIG${name}${++column % 5 === 0 ? "\n" : "\t"}`;
  }
  return column % 5 === 0 ? text : `${text}\n`;
}
