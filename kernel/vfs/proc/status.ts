/** /proc/PID/stat and status: the same facts for programs and for people. */
import type { Kernel } from "../../kernel.ts";
import type { Process } from "../../process/process.ts";
import { isComputing, memoryOf } from "../../process/usage.ts";
import { makedev, PAGE_SIZE } from "../constants.ts";
import { PTS_MAJOR } from "../devices.ts";
import { ticks } from "./ticks.ts";

const STATES = {
  R: "R (running)",
  S: "S (sleeping)",
  T: "T (stopped)",
  Z: "Z (zombie)",
} as const;

/** Fields of stat behind those that are known: addresses, scheduling; 0 each. */
const UNKNOWN = 28;

export function statLine(kernel: Kernel, process: Process): string {
  const { pid, group, command, nice } = process;
  const terminal = group.session.terminal;
  const known = [
    pid,
    `(${command})`,
    stateOf(process),
    process.parent?.pid ?? 0,
    group.id,
    group.session.id,
    terminal ? makedev(PTS_MAJOR, terminal.number) : 0,
    terminal?.foreground?.id ?? -1,
    0, // flags
    0, // minflt
    0, // cminflt
    0, // majflt
    0, // cmajflt
    ticks(process.userTime),
    0, // stime
    ticks(process.childrenUserTime),
    0, // cstime
    20 + nice,
    nice,
    1, // num_threads
    0, // itrealvalue
    ticks(process.startTime - kernel.bootTime),
    memoryOf(process), // vsize
    Math.ceil(memoryOf(process) / PAGE_SIZE),
  ];
  return `${[...known, ...new Array<number>(UNKNOWN).fill(0)].join(" ")}\n`;
}

/** Size and resident pages, which are the same here; nothing is known of the rest. */
export function memoryPages(process: Process): string {
  const pages = Math.ceil(memoryOf(process) / PAGE_SIZE);
  return `${pages} ${pages} 0 0 0 ${pages} 0\n`;
}

export function statusText(process: Process): string {
  const { credentials, signals, fs } = process;
  const { uid, euid, suid, gid, egid, sgid, groups, privileged } = credentials;
  const capabilities = privileged ? ALL_CAPABILITIES : 0n;
  const rows: [string, string | number][] = [
    ["Name", process.command],
    ["Umask", fs.umask.toString(8).padStart(4, "0")],
    ["State", STATES[stateOf(process)]],
    ["Tgid", process.pid],
    ["Ngid", 0],
    ["Pid", process.pid],
    ["PPid", process.parent?.pid ?? 0],
    ["TracerPid", 0],
    ["Uid", [uid, euid, suid, euid].join("\t")],
    ["Gid", [gid, egid, sgid, egid].join("\t")],
    ["FDSize", Math.max(64, (process.fds.numbers().at(-1) ?? 0) + 1)],
    ["Groups", groups.map((group) => `${group} `).join("")],
    ["VmSize", kilobytes(process)],
    ["VmRSS", kilobytes(process)],
    ["Threads", 1],
    ["SigPnd", hex(0n)],
    ["ShdPnd", hex(signals.pending)],
    ["SigBlk", hex(signals.blocked)],
    ["SigIgn", hex(signals.ignored)],
    ["SigCgt", hex(signals.caught)],
    ["CapInh", hex(0n)],
    ["CapPrm", hex(capabilities)],
    ["CapEff", hex(capabilities)],
    ["CapBnd", hex(ALL_CAPABILITIES)],
    ["CapAmb", hex(0n)],
  ];
  return rows.map(([key, value]) => `${key}:\t${value}\n`).join("");
}

function kilobytes(process: Process): string {
  return `${`${Math.ceil(memoryOf(process) / 1024)}`.padStart(8)} kB`;
}

/** CAP_CHOWN to CAP_CHECKPOINT_RESTORE. */
const ALL_CAPABILITIES = (1n << 41n) - 1n;

function stateOf(process: Process): keyof typeof STATES {
  if (process.state === "zombie") return "Z";
  if (process.state === "stopped") return "T";
  return isComputing(process) ? "R" : "S";
}

function hex(set: bigint): string {
  return set.toString(16).padStart(16, "0");
}
