/** The variables that the shell itself sets, and those whose value is made when it is read. */
import type { Sys } from "../../kernel/index.ts";
import { AssociativeArray, IndexedArray } from "./arrays.ts";
import { LOCALE_VARIABLES } from "./byte-locale.ts";
import { commandText } from "./function-text.ts";
import { limitHistory } from "./history/remember.ts";
import type { SetOptions, ShoptOptions } from "./settings.ts";
import type { Shell } from "./state.ts";
import { currentUser } from "./users.ts";
import { Attribute, type DynamicValue, type Value, Variable } from "./variable.ts";

export const BASH_VERSION = "5.2.15(1)-release";
const VERSION_PARTS = ["5", "2", "15", "1", "release", "x86_64-pc-linux-gnu"];

const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;

/** Names whose change the shell must hear of. */
const WATCHED = new Set([
  "HISTSIZE",
  "IFS",
  "OPTIND",
  "PATH",
  "POSIXLY_CORRECT",
  ...LOCALE_VARIABLES,
]);

export function isWatched(name: string): boolean {
  return WATCHED.has(name);
}

export function variableChanged(shell: Shell, name: string): void {
  if (name === "IFS") shell.separators = undefined;
  else if ((LOCALE_VARIABLES as readonly string[]).includes(name)) shell.hasByteLocale = undefined;
  else if (name === "PATH") shell.hashed.clear();
  else if (name === "HISTSIZE") limitHistory(shell, true);
  else if (name === "OPTIND") shell.getopts = { index: 0, offset: 0 };
  else if (name === "POSIXLY_CORRECT" && shell.variables.get(name) !== undefined)
    shell.options.posix = true;
}

/** Defines them all in a new shell, whose environment was taken in before. */
export function defineSpecialVariables(shell: Shell): void {
  const { variables } = shell;
  const owner = {};
  const define = (name: string, dynamic: DynamicValue, attributes = 0): void =>
    variables.define(new Variable(name, owner, 0, attributes, undefined, dynamic));
  for (const [name, dynamic] of Object.entries(DYNAMIC)) {
    const exported = (variables.lookup(name)?.attributes ?? 0) & Attribute.EXPORT;
    define(name, dynamic, (ATTRIBUTES[name] ?? 0) | exported);
  }
  for (const [name, value] of Object.entries(constants(shell))) variables.set(name, value);
  variables.setArray("BASH_VERSINFO", IndexedArray.of(VERSION_PARTS));
  variables.setAttributes("BASH_VERSINFO", Attribute.READONLY);
  for (const name of ["PPID", "UID", "EUID"])
    variables.setAttributes(name, Attribute.READONLY | Attribute.INTEGER);
}

function constants(shell: Shell): Record<string, string> {
  const { sys, variables } = shell;
  const ids = sys.getresuid() as { real: number; effective: number };
  const unless = (name: string, value: string): Record<string, string> =>
    variables.get(name) === undefined ? { [name]: value } : {};
  return {
    BASH: shell.options.posix ? "/bin/sh" : "/bin/bash",
    BASH_VERSION,
    ...unless("HOSTTYPE", "x86_64"),
    ...unless("MACHTYPE", "x86_64-pc-linux-gnu"),
    ...unless("OSTYPE", "linux-gnu"),
    ...unless("SHELL", currentUser(shell)?.shell || "/bin/sh"),
    IFS: " \t\n",
    OPTIND: "1",
    OPTERR: "1",
    PS4: variables.get("PS4") ?? "+ ",
    PPID: String(sys.getppid()),
    UID: String(ids.real),
    EUID: String(ids.effective),
    ...unless("HOSTNAME", (sys.uname() as { nodename: string }).nodename),
    ...unless("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
    ...unless("TERM", "dumb"),
  };
}

const ATTRIBUTES: Readonly<Record<string, number>> = {
  SHELLOPTS: Attribute.READONLY,
  BASHOPTS: Attribute.READONLY,
  BASHPID: Attribute.INTEGER,
  RANDOM: Attribute.INTEGER,
  SRANDOM: Attribute.INTEGER,
  SECONDS: Attribute.INTEGER,
  EPOCHSECONDS: 0,
  LINENO: Attribute.INTEGER,
  HISTCMD: Attribute.INTEGER,
  FUNCNAME: Attribute.INDEXED,
  BASH_SOURCE: Attribute.INDEXED,
  BASH_LINENO: Attribute.INDEXED,
  PIPESTATUS: Attribute.INDEXED,
  GROUPS: Attribute.INDEXED,
  DIRSTACK: Attribute.INDEXED,
  BASH_ALIASES: Attribute.ASSOCIATIVE,
  BASH_CMDS: Attribute.ASSOCIATIVE,
};

const DYNAMIC: Readonly<Record<string, DynamicValue>> = {
  BASHPID: { read: (shell) => String(shell.sys.pid) },
  BASH_ARGV0: {
    read: (shell) => shell.name,
    write: (shell, text) => {
      shell.name = text;
    },
  },
  BASH_COMMAND: { read: readCommand },
  BASH_SUBSHELL: { read: (shell) => String(shell.subshellDepth) },
  LINENO: { read: (shell) => String(shell.line), write: () => undefined },
  RANDOM: { read: (shell) => String(nextRandom(shell)), write: seedRandom },
  SRANDOM: { read: (shell) => String(strongRandom(shell.sys)) },
  SECONDS: { read: readSeconds, write: writeSeconds },
  EPOCHSECONDS: { read: (shell) => String(clock(shell, CLOCK_REALTIME) / 1_000_000_000n) },
  EPOCHREALTIME: { read: readRealTime },
  FUNCNAME: { read: readFunctionNames },
  BASH_SOURCE: { read: (shell) => IndexedArray.of(sourceNames(shell)) },
  BASH_LINENO: { read: readCallLines },
  PIPESTATUS: { read: (shell) => IndexedArray.of(shell.pipeStatus.map(String)) },
  GROUPS: { read: readGroups },
  DIRSTACK: { read: (shell) => IndexedArray.of([shell.cwd, ...shell.directoryStack]) },
  HISTCMD: { read: (shell) => String(shell.history.nextNumber) },
  SHELLOPTS: { read: (shell) => enabledNames(shell.options) },
  BASHOPTS: { read: (shell) => enabledNames(shell.shopt) },
  BASH_ALIASES: { read: (shell) => new AssociativeArray(shell.aliases) },
  BASH_CMDS: {
    read: (shell) =>
      new AssociativeArray([...shell.hashed].map(([name, { path }]) => [name, path])),
  },
};

function readCommand({ command }: Shell): string | undefined {
  if (!command) return undefined;
  const { node, source } = command;
  if (node.type === "Case") return `case ${node.word.text} in `;
  if (node.type !== "For" && node.type !== "Select") return commandText(node, source.text);
  const words = node.wordlist?.map((word) => word.text) ?? ['"$@"'];
  return `${node.type.toLowerCase()} ${node.name.text} in ${words.join(" ")}`;
}

function clock(shell: Shell, which: number): bigint {
  return shell.sys.clock_gettime(which) as bigint;
}

function enabledNames(options: SetOptions | ShoptOptions): string {
  return Object.entries(options)
    .filter(([, isOn]) => isOn)
    .map(([name]) => name)
    .sort()
    .join(":");
}

function readSeconds(shell: Shell): string {
  const elapsed = (clock(shell, CLOCK_MONOTONIC) - shell.startTime) / 1_000_000_000n;
  return String(elapsed + BigInt(shell.secondsOffset));
}

function writeSeconds(shell: Shell, text: string): void {
  const elapsed = (clock(shell, CLOCK_MONOTONIC) - shell.startTime) / 1_000_000_000n;
  shell.secondsOffset = Number(text) - Number(elapsed);
}

function readRealTime(shell: Shell): string {
  const microseconds = String(clock(shell, CLOCK_REALTIME) / 1000n).padStart(7, "0");
  return `${microseconds.slice(0, -6)}.${microseconds.slice(-6)}`;
}

/** Bash's own generator (Park and Miller), so that `RANDOM=42` gives the same numbers. */
function nextRandom({ random, sys }: Shell): number {
  let seed = random.seed ?? strongRandom(sys) & 0x7fffffff;
  let value: number;
  do {
    const last: number = seed === 0 ? 123459876 : seed;
    const high = Math.trunc(last / 127773);
    const next = 16807 * (last - 127773 * high) - 2836 * high;
    seed = next < 0 ? next + 0x7fffffff : next;
    value = ((seed >>> 16) ^ (seed & 65535)) & 32767;
  } while (value === random.last);
  random.seed = seed;
  random.last = value;
  return value;
}

function seedRandom(shell: Shell, text: string): void {
  shell.random.seed = Number(BigInt.asIntN(32, BigInt(text)));
  shell.random.last = 0;
}

function strongRandom(sys: Sys): number {
  const bytes = new Uint8Array(4);
  void sys.getrandom(bytes);
  return new DataView(bytes.buffer).getUint32(0);
}

/** The functions and sourced files that run, the innermost first, and `main` below them. */
function readFunctionNames(shell: Shell): Value | undefined {
  if (!shell.frames.some((frame) => frame.isFunction)) return undefined;
  const names = shell.frames.map((frame) => frame.name).reverse();
  return IndexedArray.of(shell.scriptName === undefined ? names : [...names, "main"]);
}

function sourceNames(shell: Shell): string[] {
  const names = shell.frames.map((frame) => frame.source.name).reverse();
  return shell.scriptName === undefined ? names : [...names, shell.scriptName];
}

function readCallLines(shell: Shell): Value {
  const lines = shell.frames.map((frame) => String(frame.callLine)).reverse();
  return IndexedArray.of(shell.scriptName === undefined ? lines : [...lines, "0"]);
}

function readGroups(shell: Shell): Value {
  const own = (shell.sys.getresgid() as { real: number }).real;
  const others = (shell.sys.getgroups() as number[]).filter((gid) => gid !== own);
  return IndexedArray.of([own, ...others].map(String));
}
