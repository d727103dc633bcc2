/** Signals with Linux's numbers, names and default actions (signal(7)). */

export const Signal = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGSTKFLT: 16,
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGTTIN: 21,
  SIGTTOU: 22,
  SIGURG: 23,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGVTALRM: 26,
  SIGPROF: 27,
  SIGWINCH: 28,
  SIGIO: 29,
  SIGPWR: 30,
  SIGSYS: 31,
} as const;

/** The first of the real-time signals, each of which queues. */
export const SIGRTMIN = 32;
export const SIGNAL_MAX = 64;

export const SIG_DFL = 0;
export const SIG_IGN = 1;
/** The program takes the signal with sigtake. */
export const SIG_CATCH = 2;

export const SA_NOCLDSTOP = 0x0000_0001;
export const SA_NOCLDWAIT = 0x0000_0002;
export const SA_RESTART = 0x1000_0000;
export const SA_NODEFER = 0x4000_0000;
export const SA_RESETHAND = 0x8000_0000;

export const SIG_BLOCK = 0;
export const SIG_UNBLOCK = 1;
export const SIG_SETMASK = 2;

export type DefaultAction = "terminate" | "core" | "ignore" | "stop" | "continue";

/** What `signal` does to a process that neither catches nor ignores it. */
export function defaultAction(signal: number): DefaultAction {
  return ACTIONS.get(signal) ?? "terminate";
}

/** The set that holds `signal` alone: bit n-1 stands for signal n. */
export function bit(signal: number): bigint {
  return BITS[signal] as bigint;
}

/** The name without SIG, as kill(1) prints it: `TERM`, `RTMIN+3`; undefined where there is none. */
export function signalName(signal: number): string | undefined {
  const name = NAMES.get(signal);
  if (name !== undefined) return name;
  // The C library keeps 32 and 33 to itself, so SIGRTMIN is 34 to programs.
  if (signal < 34 || signal > SIGNAL_MAX) return undefined;
  if (signal === 34) return "RTMIN";
  if (signal === SIGNAL_MAX) return "RTMAX";
  return signal < 50 ? `RTMIN+${signal - 34}` : `RTMAX-${SIGNAL_MAX - signal}`;
}

/** The number of `name`, which may start with SIG and have any case; undefined where unknown. */
export function signalNumber(name: string): number | undefined {
  const upper = name.toUpperCase();
  const short = upper.startsWith("SIG") ? upper.slice(3) : upper;
  return NUMBERS.get(short);
}

/** The text of `signal` as glibc's strsignal words it. */
export function signalText(signal: number): string {
  return TEXTS[signal] ?? (signal >= 34 ? `Real-time signal ${signal - 34}` : "Unknown signal");
}

const ACTIONS = new Map<number, DefaultAction>([
  [Signal.SIGQUIT, "core"],
  [Signal.SIGILL, "core"],
  [Signal.SIGTRAP, "core"],
  [Signal.SIGABRT, "core"],
  [Signal.SIGBUS, "core"],
  [Signal.SIGFPE, "core"],
  [Signal.SIGSEGV, "core"],
  [Signal.SIGXCPU, "core"],
  [Signal.SIGXFSZ, "core"],
  [Signal.SIGSYS, "core"],
  [Signal.SIGCHLD, "ignore"],
  [Signal.SIGURG, "ignore"],
  [Signal.SIGWINCH, "ignore"],
  [Signal.SIGCONT, "continue"],
  [Signal.SIGSTOP, "stop"],
  [Signal.SIGTSTP, "stop"],
  [Signal.SIGTTIN, "stop"],
  [Signal.SIGTTOU, "stop"],
]);

const BITS = Array.from({ length: SIGNAL_MAX + 1 }, (_, n) => (n === 0 ? 0n : 1n << BigInt(n - 1)));

const NAMES = new Map<number, string>(
  Object.entries(Signal).map(([name, signal]) => [signal, name.slice(3)]),
);

const NUMBERS = new Map<string, number>([
  ...[...NAMES].map(([signal, name]) => [name, signal] as const),
  ["RTMIN", 34],
  ["RTMAX", SIGNAL_MAX],
  ...Array.from({ length: 31 }, (_, i) => [`RTMIN+${i}`, 34 + i] as const),
  ...Array.from({ length: 31 }, (_, i) => [`RTMAX-${i}`, SIGNAL_MAX - i] as const),
  ["IOT", Signal.SIGABRT],
  ["CLD", Signal.SIGCHLD],
  ["POLL", Signal.SIGIO],
]);

const TEXTS: Readonly<Record<number, string>> = {
  1: "Hangup",
  2: "Interrupt",
  3: "Quit",
  4: "Illegal instruction",
  5: "Trace/breakpoint trap",
  6: "Aborted",
  7: "Bus error",
  8: "Floating point exception",
  9: "Killed",
  10: "User defined signal 1",
  11: "Segmentation fault",
  12: "User defined signal 2",
  13: "Broken pipe",
  14: "Alarm clock",
  15: "Terminated",
  16: "Stack fault",
  17: "Child exited",
  18: "Continued",
  19: "Stopped (signal)",
  20: "Stopped",
  21: "Stopped (tty input)",
  22: "Stopped (tty output)",
  23: "Urgent I/O condition",
  24: "CPU time limit exceeded",
  25: "File size limit exceeded",
  26: "Virtual timer expired",
  27: "Profiling timer expired",
  28: "Window changed",
  29: "I/O possible",
  30: "Power failure",
  31: "Bad system call",
};
