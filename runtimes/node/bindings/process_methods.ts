/** internalBinding("process_methods"): what `process` does by way of the kernel. */
import { decodeUtf8, encodeUtf8 } from "../../../kernel/abi.ts";
import type { BindingFactory } from "../environment.ts";
import { uvErrno, uvException } from "../errors.ts";

const CLOCK_MONOTONIC = 1;
const STDERR = 2;

export const processMethods: BindingFactory = (env) => {
  const hrtimeBuffer = new Uint32Array(3);
  const hrtimeBigIntBuffer = new BigInt64Array(hrtimeBuffer.buffer, 0, 1);
  let started = 0n;
  env.onStart(() => {
    started = env.sys.clock_gettime(CLOCK_MONOTONIC);
  });
  const now = () => env.sys.clock_gettime(CLOCK_MONOTONIC);

  return {
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
    uptime: () => Number(now() - started) / 1e9,
    cwd() {
      try {
        return env.sys.getcwd();
      } catch (reason) {
        throw uvException(uvErrno(reason), "uv_cwd");
      }
    },
    chdir(path: string) {
      try {
        env.sys.chdir(path);
      } catch (reason) {
        throw uvException(uvErrno(reason), "chdir", env.sys.getcwd(), path);
      }
    },
    umask(mask?: number) {
      if (mask !== undefined) return env.sys.umask(mask);
      const old = env.sys.umask(0);
      env.sys.umask(old);
      return old;
    },
    reallyExit: (code: number) => env.exit(code),
    _rawDebug(text: string) {
      env.sys.write(STDERR, encodeUtf8(`${text}\n`));
    },
    setEmitWarningSync() {},
    patchProcessObject(process: Record<string, unknown>) {
      let title = "node";
      Object.defineProperty(process, "title", {
        get: () => title,
        set(value: unknown) {
          title = String(value);
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
      process["debugPort"] = 9229;
    },
  };

  function executablePath(): string {
    try {
      return env.sys.readlinkat(-100, "/proc/self/exe");
    } catch {
      return decodeUtf8(encodeUtf8(env.argv[0] ?? "node"));
    }
  }
};
