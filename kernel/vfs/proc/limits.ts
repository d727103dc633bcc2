/** /proc/PID/limits. */
import type { Process } from "../../process/process.ts";
import { limitOf, Resource } from "../../process/resource-limits.ts";

const ROWS = [
  ["Max cpu time", Resource.RLIMIT_CPU, "seconds"],
  ["Max file size", Resource.RLIMIT_FSIZE, "bytes"],
  ["Max data size", Resource.RLIMIT_DATA, "bytes"],
  ["Max stack size", Resource.RLIMIT_STACK, "bytes"],
  ["Max core file size", Resource.RLIMIT_CORE, "bytes"],
  ["Max resident set", Resource.RLIMIT_RSS, "bytes"],
  ["Max processes", Resource.RLIMIT_NPROC, "processes"],
  ["Max open files", Resource.RLIMIT_NOFILE, "files"],
  ["Max locked memory", Resource.RLIMIT_MEMLOCK, "bytes"],
  ["Max address space", Resource.RLIMIT_AS, "bytes"],
  ["Max file locks", Resource.RLIMIT_LOCKS, "locks"],
  ["Max pending signals", Resource.RLIMIT_SIGPENDING, "signals"],
  ["Max msgqueue size", Resource.RLIMIT_MSGQUEUE, "bytes"],
  ["Max nice priority", Resource.RLIMIT_NICE, ""],
  ["Max realtime priority", Resource.RLIMIT_RTPRIO, ""],
  ["Max realtime timeout", Resource.RLIMIT_RTTIME, "us"],
] as const;

export function limitsText({ limits }: Process): string {
  const head = row("Limit", "Soft Limit", "Hard Limit", "Units");
  const rows = ROWS.map(([name, resource, unit]) => {
    const { soft, hard } = limitOf(limits, resource);
    return row(name, show(soft), show(hard), unit);
  });
  return [head, ...rows].join("");
}

function row(name: string, soft: string, hard: string, unit: string): string {
  return `${name.padEnd(25)} ${soft.padEnd(20)} ${hard.padEnd(20)} ${unit.padEnd(10)}\n`;
}

function show(limit: number): string {
  return limit === Number.POSITIVE_INFINITY ? "unlimited" : `${limit}`;
}
