/** The machine as a whole: its names, its size, its randomness. */
import { utf8Length } from "../bytes.ts";
import { Errno, fail } from "../errno.ts";
import { DOMAIN_NAME, MACHINE, RELEASE, SYSNAME, VERSION } from "../release.ts";
import type { Handlers } from "./handlers.ts";

export const machineCalls: Handlers<"getrandom" | "uname" | "sethostname" | "sysinfo"> = {
  getrandom(call, buffer) {
    // The guest's buffer may be shared memory, which hosts refuse to fill; and hosts fill 64 KiB at most.
    for (let at = 0; at < buffer.length; at += RANDOM_BLOCK) {
      const block = new Uint8Array(Math.min(RANDOM_BLOCK, buffer.length - at));
      call.kernel.host.random(block);
      buffer.set(block, at);
    }
    return buffer.length;
  },

  uname: ({ kernel }) => ({
    sysname: SYSNAME,
    nodename: kernel.hostname,
    release: RELEASE,
    version: VERSION,
    machine: MACHINE,
    domainname: DOMAIN_NAME,
  }),

  sethostname(call, name) {
    if (!call.process.credentials.privileged) fail(Errno.EPERM);
    if (utf8Length(name) > HOST_NAME_MAX || name.includes("\0")) fail(Errno.EINVAL);
    call.kernel.hostname = name;
  },

  sysinfo({ kernel }) {
    const { memory } = kernel.limits;
    return {
      uptime: Number((kernel.host.clock.monotonic() - kernel.bootTime) / 1_000_000_000n),
      totalram: memory,
      freeram: Math.max(0, memory - kernel.usage.memory),
      procs: kernel.processes.size,
    };
  },
};

const RANDOM_BLOCK = 65_536;
const HOST_NAME_MAX = 64;
