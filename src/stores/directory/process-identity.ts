/**
 * Which process is meant, for longer than its number is: a lock names its holder so that another
 * process can tell whether the holder still lives.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";

export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the system's own words; empty where the system does not tell. */
  readonly started: string;
  /** This run of the system; empty where it has no name. */
  readonly boot: string;
  readonly host: string;
}

let own: ProcessIdentity | undefined;

export function thisProcess(): ProcessIdentity {
  own ??= {
    pid: process.pid,
    started: startOf(process.pid) ?? "",
    boot: bootId(),
    host: hostname(),
  };
  return own;
}

export function sameProcess(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.pid === b.pid && a.started === b.started && a.boot === b.boot && a.host === b.host;
}

/** Whether `who` still runs; undefined where it runs on another host and cannot be asked. */
export function isAlive(who: ProcessIdentity): boolean | undefined {
  const me = thisProcess();
  if (who.host !== me.host) return undefined;
  if (who.boot !== me.boot) return false;
  if (!exists(who.pid)) return false;
  return who.started === "" || startOf(who.pid) === who.started;
}

export function parseIdentity(text: string): ProcessIdentity | undefined {
  try {
    const { pid, started, boot, host } = JSON.parse(text) as Record<string, unknown>;
    if (typeof pid !== "number" || typeof started !== "string") return undefined;
    if (typeof boot !== "string" || typeof host !== "string") return undefined;
    return { pid, started, boot, host };
  } catch {
    return undefined;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Linux: clock ticks since boot (proc_pid_stat(5), field 22). Elsewhere what ps says. */
function startOf(pid: number): string | undefined {
  try {
    if (process.platform === "win32") return "";
    if (process.platform !== "linux") {
      return execFileSync("ps", ["-o", "lstart=", "-p", `${pid}`], { encoding: "utf8" }).trim();
    }
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field is a name in parentheses that may hold anything; the state follows it.
    const [state, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" || state === "X" ? undefined : rest[18];
  } catch {
    return undefined;
  }
}

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  } catch {
    return "";
  }
}
