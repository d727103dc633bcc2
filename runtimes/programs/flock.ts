/** flock(1) of util-linux: runs a command while it holds a file's lock, or locks a descriptor. */
import {
  AT_FDCWD,
  decodeStatus,
  Errno,
  KernelError,
  LOCK_EX,
  LOCK_NB,
  LOCK_SH,
  LOCK_UN,
  O_CLOEXEC,
  O_CREAT,
  O_RDONLY,
  SIG_CATCH,
  Signal,
  type Sys,
} from "../../kernel/index.ts";
import { become, Failure, failing, print, program } from "./program.ts";

const USAGE = `Usage: flock [-s | -x | -u] [-n | -w SECONDS] [-E STATUS] FILE COMMAND [ARGUMENT...]
       flock [-s | -x | -u] [-n | -w SECONDS] [-E STATUS] FILE -c LINE
       flock [-s | -x | -u] [-n | -w SECONDS] [-E STATUS] NUMBER
`;

interface Options {
  operation: number;
  nonBlocking: boolean;
  /** Nanoseconds. */
  timeout: bigint | undefined;
  conflictStatus: number;
}

export const flock = program("flock", async (sys, args) => {
  const options: Options = {
    operation: LOCK_EX,
    nonBlocking: false,
    timeout: undefined,
    conflictStatus: 1,
  };
  const rest = parse(args, options);
  if (rest === "help") {
    await print(sys, USAGE);
    return 0;
  }
  const [file, ...command] = rest;
  if (file === undefined) throw new Failure(`requires a file\n${USAGE}`, 64);
  if (command.length === 0) {
    if (!/^\d+$/.test(file)) throw new Failure(`bad file descriptor: '${file}'`, 64);
    return (await take(sys, Number(file), options)) ? 0 : options.conflictStatus;
  }
  const fd = await open(sys, file);
  if (!(await take(sys, fd, options))) return options.conflictStatus;
  const argv = command[0] === "-c" ? ["/bin/sh", "-c", command[1] ?? ""] : command;
  const pid = sys.fork((child) => program("flock", () => become(child, argv))(child));
  const { exited, signaled } = decodeStatus(await sys.wait4(pid, 0));
  return exited ?? 128 + (signaled ?? 0);
});

/** What follows the options. */
function parse(args: readonly string[], options: Options): readonly string[] | "help" {
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (!arg.startsWith("-") || arg === "-c") return args.slice(i);
    switch (arg) {
      case "-s":
      case "--shared":
        options.operation = LOCK_SH;
        break;
      case "-x":
      case "-e":
      case "--exclusive":
        options.operation = LOCK_EX;
        break;
      case "-u":
      case "--unlock":
        options.operation = LOCK_UN;
        break;
      case "-n":
      case "--nb":
      case "--nonblock":
        options.nonBlocking = true;
        break;
      case "-w":
      case "--wait":
      case "--timeout":
        options.timeout = BigInt(Math.round(number(args[++i], arg) * 1e9));
        break;
      case "-E":
      case "--conflict-exit-code":
        options.conflictStatus = number(args[++i], arg);
        break;
      case "-h":
      case "--help":
        return "help";
      default:
        throw new Failure(`invalid option '${arg}'\n${USAGE}`, 64);
    }
  }
  return [];
}

function number(text: string | undefined, option: string): number {
  const value = Number(text);
  if (text === undefined || text === "" || !(value >= 0)) {
    throw new Failure(`invalid value of ${option}: '${text ?? ""}'`, 64);
  }
  return value;
}

async function open(sys: Sys, file: string): Promise<number> {
  try {
    return await sys.openat(AT_FDCWD, file, O_RDONLY | O_CREAT | O_CLOEXEC, 0o666);
  } catch (reason) {
    if (reason instanceof KernelError && reason.errno === Errno.EISDIR) {
      return sys.openat(AT_FDCWD, file, O_RDONLY | O_CLOEXEC, 0);
    }
    throw failing(`cannot open lock file ${file}`, reason, 66);
  }
}

/** False where somebody else holds it and the wait is over. */
async function take(sys: Sys, fd: number, options: Options): Promise<boolean> {
  const { operation, nonBlocking, timeout } = options;
  const alarmed = timeout !== undefined && timeout > 0n && !nonBlocking;
  const atOnce = nonBlocking || timeout === 0n;
  if (alarmed) {
    await sys.rt_sigaction(Signal.SIGALRM, { handler: SIG_CATCH, mask: 0n, flags: 0 });
    await sys.setitimer(0, { interval: 0n, value: timeout });
  }
  try {
    await sys.flock(fd, operation | (atOnce ? LOCK_NB : 0));
    return true;
  } catch (reason) {
    if (!(reason instanceof KernelError)) throw reason;
    if (reason.errno === Errno.EAGAIN || (alarmed && reason.errno === Errno.EINTR)) return false;
    throw failing(`${fd}`, reason, 65);
  } finally {
    if (alarmed) await sys.setitimer(0, { interval: 0n, value: 0n });
  }
}
