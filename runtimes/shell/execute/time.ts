/** `time`: how long a pipeline took, in the form that TIMEFORMAT gives. */
import type { Time } from "unbash";
import type { Shell } from "../state.ts";
import { drive, type MaybePromise, type Task } from "../task.ts";

const DEFAULT_FORMAT = "\nreal\t%3lR\nuser\t%3lU\nsys\t%3lS";
const POSIX_FORMAT = "real %2R\nuser %2U\nsys %2S";

interface Times {
  readonly real: bigint;
  readonly user: bigint;
  readonly system: bigint;
}

export function timed(
  shell: Shell,
  { posix }: Time,
  act: () => MaybePromise<number>,
): MaybePromise<number> {
  return drive(measure(shell, posix !== undefined, act));
}

function* measure(shell: Shell, isPosix: boolean, act: () => MaybePromise<number>): Task<number> {
  const start = now(shell);
  try {
    const result = act();
    return typeof result === "number" ? result : yield result;
  } finally {
    const end = now(shell);
    const format = isPosix ? POSIX_FORMAT : (shell.variables.get("TIMEFORMAT") ?? DEFAULT_FORMAT);
    if (format !== "") {
      const spent = {
        real: end.real - start.real,
        user: end.user - start.user,
        system: end.system - start.system,
      };
      shell.output.warn(`${formatTimes(format, spent)}\n`);
    }
  }
}

function now({ sys }: Shell): Times {
  const real = sys.clock_gettime(1) as bigint;
  const [own, children] = [sys.getrusage(0), sys.getrusage(-1)];
  if (own instanceof Promise || children instanceof Promise) return { real, user: 0n, system: 0n };
  return { real, user: own.utime + children.utime, system: own.stime + children.stime };
}

/** `%[p][l]R`, `U`, `S`, `%P` and `%%`. */
function formatTimes(format: string, times: Times): string {
  return format.replace(/%([0-9]?)(l?)([RUS])|%(P)|%%/gu, (match, digits, long, which, percent) => {
    if (match === "%%") return "%";
    if (percent) {
      const used = Number(times.user + times.system);
      return ((100 * used) / Math.max(Number(times.real), 1)).toFixed(2);
    }
    const value = which === "R" ? times.real : which === "U" ? times.user : times.system;
    return formatTime(
      Number(value) / 1e9,
      Math.min(digits === "" ? 3 : Number(digits), 3),
      long !== "",
    );
  });
}

function formatTime(seconds: number, digits: number, long: boolean): string {
  const scale = 10 ** digits;
  const rounded = Math.floor(seconds * scale) / scale;
  if (!long) return rounded.toFixed(digits);
  const minutes = Math.floor(rounded / 60);
  return `${minutes}m${(rounded - 60 * minutes).toFixed(digits)}s`;
}
