/** internalBinding("os"): the machine, its users and its processes' priorities. */
import {
  encodeUtf8,
  KernelError,
  MACHINE,
  RELEASE,
  SYSNAME,
  VERSION,
} from "../../../kernel/abi.ts";
import { findUser, readText } from "../accounts.ts";
import type { BindingFactory, Environment } from "../environment.ts";
import { uvErrorName, uvErrorText } from "../errors.ts";

/** Where an error goes that `lib/` makes a SystemError of. */
interface Context {
  errno?: number;
  code?: string;
  message?: string;
  syscall?: string;
}

const CLOCK_BOOTTIME = 7;
const IPV4 = "IPv4";
const IPV6 = "IPv6";

export const os: BindingFactory = (env) => ({
  isBigEndian: false,

  /** Asked for when lib/ is loaded, before there is a machine: what every machine says. */
  getOSInformation: () => [SYSNAME, VERSION, RELEASE, MACHINE],

  getHostname: () => env.sys.uname().nodename,
  getTotalMem: () => env.sys.sysinfo().totalram,
  getFreeMem: () => env.sys.sysinfo().freeram,
  getUptime: () => Number(env.sys.clock_gettime(CLOCK_BOOTTIME) / 10_000_000n) / 100,
  getAvailableParallelism: () => processors(env).length,

  /** Model, MHz and milliseconds of user, nice, system, idle and interrupts, one after the other. */
  getCPUs: () => processors(env).flatMap((model) => [model, 0, 0, 0, 0, 0, 0]),

  getLoadAvg(target: Float64Array) {
    const numbers = readText(env, "/proc/loadavg").split(" ").slice(0, 3).map(Number);
    for (let i = 0; i < 3; i++) target[i] = numbers[i] ?? 0;
  },

  /** Name, address, netmask, family, MAC, whether internal, and scope, of each address. */
  getInterfaceAddresses: () => [
    ...["lo", "127.0.0.1", "255.0.0.0", IPV4, NO_MAC, true, -1],
    ...["lo", "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", IPV6, NO_MAC, true, 0],
  ],

  getHomeDirectory(context: Context) {
    const home = (env.process["env"] as Record<string, string | undefined>)["HOME"];
    if (home !== undefined && home !== "") return home;
    const user = findUser(env, env.sys.getresuid().real);
    return user ? user.home : fail(context, -2, "uv_os_homedir");
  },

  getUserInfo(options: { encoding?: string } | null, context: Context) {
    const uid = env.sys.getresuid().real;
    const user = findUser(env, uid);
    if (!user) return fail(context, -2, "uv_os_get_passwd");
    const encode = (text: string) => encoded(env, text, options?.encoding);
    return {
      uid: user.uid,
      gid: user.gid,
      username: encode(user.name),
      homedir: encode(user.home),
      shell: encode(user.shell),
    };
  },

  getPriority(pid: number, context: Context) {
    try {
      return env.sys.getpriority(pid);
    } catch (reason) {
      return fail(context, errnoOf(reason), "uv_os_getpriority");
    }
  },

  setPriority(pid: number, priority: number, context: Context) {
    try {
      env.sys.setpriority(pid, priority);
      return 0;
    } catch (reason) {
      const errno = errnoOf(reason);
      fail(context, errno, "uv_os_setpriority");
      return errno;
    }
  },
});

const NO_MAC = "00:00:00:00:00:00";

/** Models of the machine's processors. */
function processors(env: Environment): string[] {
  const text = readText(env, "/proc/cpuinfo");
  const models = [...text.matchAll(/^model name\s*: (.*)$/gm)].map(([, model]) => model as string);
  return models.length > 0 ? models : ["unknown"];
}

function encoded(env: Environment, text: string, encoding: string | undefined): unknown {
  if (encoding === undefined || encoding === "utf8") return text;
  const { Buffer } = env.requireBuiltin<{
    Buffer: { from(bytes: Uint8Array): { toString(encoding: string): string } };
  }>("buffer");
  const buffer = Buffer.from(encodeUtf8(text));
  return encoding === "buffer" ? buffer : buffer.toString(encoding);
}

function fail(context: Context, errno: number, syscall: string): undefined {
  context.errno = errno;
  context.code = uvErrorName(errno);
  context.message = uvErrorText(errno);
  context.syscall = syscall;
}

function errnoOf(reason: unknown): number {
  if (reason instanceof KernelError) return -reason.errno;
  throw reason;
}
