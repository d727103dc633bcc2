/** internalBinding("process_methods"): what `process` does by way of the kernel. */
import {
  AT_FDCWD,
  decodeUtf8,
  encodeUtf8,
  KernelError,
  O_CLOEXEC,
  O_RDWR,
  POLLNVAL,
  SIG_IGN,
  Signal,
} from "../../../kernel/abi.ts";
import type { HandleWrap } from "../async-wrap.ts";
import { parseDotenv } from "../dotenv.ts";
import type { BindingFactory } from "../environment.ts";
import { codedError, refused, uvErrno, uvErrorName, uvException } from "../errors.ts";
import { toPath } from "./fs/paths.ts";
import { activeRequests, fsError } from "./fs/requests.ts";
import { TIME_ORIGIN } from "./performance.ts";

const CLOCK_MONOTONIC = 1;
const STDERR = 2;
const RUSAGE_SELF = 0;

export const processMethods: BindingFactory = (env) => {
  const hrtimeBuffer = new Uint32Array(3);
  const hrtimeBigIntBuffer = new BigInt64Array(hrtimeBuffer.buffer, 0, 1);
  env.onStart(prepare);
  const now = () => env.sys.clock_gettime(CLOCK_MONOTONIC);

  const methods = {
    hrtimeBuffer,
    hrtime() {
      const time = now();
      const seconds = time / 1_000_000_000n;
      hrtimeBuffer[0] = Number(seconds >> 32n);
      hrtimeBuffer[1] = Number(seconds & 0xffff_ffffn);
      hrtimeBuffer[2] = Number(time % 1_000_000_000n);
    },
    hrtimeBigInt() {
      hrtimeBigIntBuffer[0] = now();
    },
    // Of the same origin as performance.now().
    uptime(): number {
      const { milestones } = env.internalBinding<{ milestones: Float64Array }>("performance");
      return (Number(now()) - (milestones[TIME_ORIGIN] as number)) / 1e9;
    },

    cwd() {
      try {
        return env.sys.getcwd();
      } catch (reason) {
        throw fsError(reason, { syscall: "uv_cwd" }, methods.cwd);
      }
    },
    chdir(path: string) {
      try {
        env.sys.chdir(toPath(path));
      } catch (reason) {
        if (!(reason instanceof KernelError)) throw reason;
        const naming = { syscall: "chdir", path: workingDirectory(), dest: path };
        throw fsError(reason, naming, methods.chdir);
      }
    },
    umask(mask?: number) {
      if (mask !== undefined) return env.sys.umask(mask);
      const old = env.sys.umask(0);
      env.sys.umask(old);
      return old;
    },

    // What the process uses

    memoryUsage(target: Float64Array) {
      const heap = env.engine.heapStatistics();
      const external = heap["external_memory"] ?? 0;
      target[0] = methods.rss();
      target[1] = heap["total_heap_size"] ?? 0;
      target[2] = heap["used_heap_size"] ?? 0;
      target[3] = external;
      target[4] = external;
    },
    rss() {
      const heap = env.engine.heapStatistics();
      return (heap["total_heap_size"] ?? 0) + (heap["external_memory"] ?? 0);
    },
    constrainedMemory: () => env.sys.sysinfo().totalram,
    availableMemory: () => env.sys.sysinfo().freeram,
    /** Microseconds of the user's and the system's time. */
    cpuUsage(target: Float64Array) {
      const { utime, stime } = env.sys.getrusage(RUSAGE_SELF);
      target[0] = Number(utime / 1000n);
      target[1] = Number(stime / 1000n);
    },
    threadCpuUsage(target: Float64Array) {
      methods.cpuUsage(target);
    },
    resourceUsage(target: Float64Array) {
      target.fill(0);
      methods.cpuUsage(target);
      // Kilobytes. What the kernel does not count stays 0.
      target[2] = Math.ceil(methods.rss() / 1024);
    },

    // What holds the loop

    _getActiveRequests: () => [...activeRequests(env)],
    _getActiveHandles: () =>
      activeHandles().map((handle) => {
        const owner = (handle as unknown as Record<symbol, unknown>)[env.symbols.owner_symbol];
        return owner ?? handle;
      }),
    getActiveResourcesInfo() {
      const { immediateInfo, timeoutInfo } = env.internalBinding<{
        immediateInfo: Uint32Array;
        timeoutInfo: Int32Array;
      }>("timers");
      return [
        ...[...activeRequests(env)].map(({ provider }) => RESOURCE_NAMES[provider] ?? provider),
        ...activeHandles().map((handle) => RESOURCE_NAMES[handle.provider] ?? handle.provider),
        ...Array<string>(timeoutInfo[0] ?? 0).fill("Timeout"),
        ...Array<string>(immediateInfo[1] ?? 0).fill("Immediate"),
      ];
    },

    // Signals and the end

    /** 0, or a negative errno. */
    _kill(pid: number, signal: number) {
      try {
        env.sys.kill(pid, signal);
        return 0;
      } catch (reason) {
        return uvErrno(reason);
      }
    },
    abort: () => dieOf(Signal.SIGABRT),
    causeSegfault: () => dieOf(Signal.SIGSEGV),
    reallyExit: (code: number) => env.exit(code),

    execve(path: string, argv: readonly string[], envp: readonly string[]) {
      try {
        env.sys.execve(toPath(path), argv, envp);
      } catch (reason) {
        if (!(reason instanceof KernelError)) throw reason;
        const name = uvErrorName(-reason.errno);
        const trace: { stack?: string } = {};
        Error.captureStackTrace(trace, methods.execve);
        const [, ...frames] = (trace.stack ?? "").split("\n");
        methods._rawDebug(
          `process.execve failed with error code ${name}\n\n----- JavaScript stack trace -----\n\n${frames.join("\n")}\n`,
        );
        dieOf(Signal.SIGABRT);
      }
    },

    /** Variables that are set stay as they are. */
    loadEnvFile(path?: unknown) {
      const name = path === undefined ? ".env" : toPath(path);
      const text = readWhole(name);
      const variables = env.process["env"] as Record<string, string>;
      for (const [key, value] of parseDotenv(text)) {
        if (!Object.hasOwn(variables, key)) variables[key] = value;
      }
    },

    // Refused, or of no use here

    dlopen(_module: unknown, path: unknown) {
      throw codedError(
        Error,
        "ERR_DLOPEN_FAILED",
        `Native addons are not supported on this platform: ${path}`,
      );
    },
    _debugProcess() {
      throw refused("process._debugProcess", "there is no inspector");
    },
    _debugEnd() {},
    _startProfilerIdleNotifier() {},
    _stopProfilerIdleNotifier() {},
    setEmitWarningSync() {},

    _rawDebug(text: string) {
      env.sys.write(STDERR, encodeUtf8(`${text}\n`));
    },

    patchProcessObject(process: Record<string, unknown>) {
      // As long as the arguments were, whose place it takes.
      const room = env.argv.reduce((sum, argument) => sum + encodeUtf8(argument).length + 1, 0);
      let title = env.argv[0] ?? "node";
      Object.defineProperty(process, "title", {
        get: () => title,
        set(value: unknown) {
          title = decodeUtf8(encodeUtf8(String(value)).subarray(0, room - 1)).toWellFormed();
        },
        enumerable: true,
        configurable: true,
      });
      const { execArgv, argv } = env.internalBinding<{ execArgv: string[]; argv: string[] }>(
        "options",
      );
      process["argv"] = [...argv];
      process["execArgv"] = [...execArgv];
      process["pid"] = env.sys.getpid();
      Object.defineProperty(process, "ppid", {
        get: () => env.sys.getppid(),
        enumerable: true,
        configurable: true,
      });
      process["execPath"] = executablePath();
      let port = 9229;
      Object.defineProperty(process, "debugPort", {
        get: () => port,
        set(value: unknown) {
          const wanted = Math.trunc(Number(value));
          if (!((wanted === 0 || wanted >= 1024) && wanted <= 65_535)) {
            throw codedError(
              RangeError,
              "ERR_OUT_OF_RANGE",
              "process.debugPort must be 0 or in range 1024 to 65535",
            );
          }
          port = wanted;
        },
        enumerable: true,
        configurable: true,
      });
    },
  };

  /**
   * What Node does first: a broken pipe and a file that grows too large are errors of write(2), and
   * descriptors 0 to 2 are open.
   */
  function prepare(): void {
    const { sys } = env;
    sys.rt_sigaction(Signal.SIGPIPE, { handler: SIG_IGN, mask: 0n, flags: 0 });
    sys.rt_sigaction(Signal.SIGXFSZ, { handler: SIG_IGN, mask: 0n, flags: 0 });
    const standard = [0, 1, 2].map((fd) => ({ fd, events: 0 }));
    for (const events of sys.ppoll(standard, 0n, undefined)) {
      if ((events & POLLNVAL) !== 0) sys.openat(AT_FDCWD, "/dev/null", O_RDWR, 0);
    }
  }

  function activeHandles(): HandleWrap[] {
    const { handles } = env.internalBinding<{ handles: Set<HandleWrap> }>("isopod_handles");
    return [...handles].filter((handle) => handle.hasRef());
  }

  function workingDirectory(): string {
    try {
      return env.sys.getcwd();
    } catch (reason) {
      if (reason instanceof KernelError) return "";
      throw reason;
    }
  }

  function dieOf(signal: number): never {
    // No handler may take its place.
    env.sys.rt_sigaction(signal, { handler: 0, mask: 0n, flags: 0 });
    env.sys.kill(env.sys.getpid(), signal);
    return env.exit(128 + signal);
  }

  function readWhole(path: string): string {
    const { sys } = env;
    let fd: number;
    try {
      fd = sys.openat(AT_FDCWD, path, O_CLOEXEC, 0);
    } catch (reason) {
      throw uvException(uvErrno(reason), "open", path);
    }
    sys.close(fd);
    const { readFileSync } = env.requireBuiltin<{
      readFileSync(path: string, encoding: string): string;
    }>("fs");
    return readFileSync(path, "utf8");
  }

  function executablePath(): string {
    try {
      return env.sys.readlinkat(AT_FDCWD, "/proc/self/exe");
    } catch (reason) {
      if (reason instanceof KernelError) return env.argv[0] ?? "node";
      throw reason;
    }
  }

  return methods;
};

/** What getActiveResourcesInfo calls handles: the names of Node's classes. */
const RESOURCE_NAMES: Readonly<Record<string, string>> = {
  FSEVENTWRAP: "FSEventWrap",
  FSREQCALLBACK: "FSReqCallback",
  FSREQPROMISE: "FSReqPromise",
  JSSTREAM: "JSStream",
  MESSAGEPORT: "MessagePort",
  PIPESERVERWRAP: "PipeServerWrap",
  PIPEWRAP: "PipeWrap",
  PROCESSWRAP: "ProcessWrap",
  SIGNALWRAP: "SignalWrap",
  STATWATCHER: "StatWatcher",
  TCPSERVERWRAP: "TCPServerWrap",
  TCPWRAP: "TCPSocketWrap",
  TTYWRAP: "TTYWrap",
  UDPWRAP: "UDPWrap",
};
