/** host_process: ids, limits, waiting, sleeping. */
import { Errno } from "../../../kernel/abi.ts";
import { type ImportFunctions, refuse } from "../imports.ts";
import type { ProgramContext } from "../program-context.ts";

const WNOHANG = 1;
/** WNOHANG, WUNTRACED and WCONTINUED. */
const WAIT_OPTIONS = 1 | 2 | 8;
const CLOCK_MONOTONIC = 1;
const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;

export function processExtensions({ sys, memory }: ProgramContext): ImportFunctions {
  function rlimit(value: number): bigint {
    return value === Number.POSITIVE_INFINITY ? RLIM_INFINITY : BigInt(value);
  }

  function fromRlimit(value: bigint): number {
    const unsigned = BigInt.asUintN(64, value);
    return unsigned === RLIM_INFINITY ? Number.POSITIVE_INFINITY : Number(unsigned);
  }

  return {
    proc_getpid(result: number) {
      memory.setU32(result, sys.getpid());
    },

    proc_getppid(result: number) {
      memory.setU32(result, sys.getppid());
    },

    proc_getpgid(pid: number, result: number) {
      memory.setU32(result, sys.getpgid(pid | 0));
    },

    proc_setpgid(pid: number, group: number) {
      sys.setpgid(pid | 0, group | 0);
    },

    proc_getrlimit(resource: number, soft: number, hard: number) {
      const limit = sys.prlimit64(0, resource, undefined);
      memory.setU64(soft, rlimit(limit.soft));
      memory.setU64(hard, rlimit(limit.hard));
    },

    proc_setrlimit(resource: number, soft: bigint, hard: bigint) {
      sys.prlimit64(0, resource, { soft: fromRlimit(soft), hard: fromRlimit(hard) });
    },

    proc_umask(mask: number, previous: number) {
      memory.slice(previous, 4);
      memory.setU32(previous, sys.umask(mask));
    },

    umask(mask: number, set: number, previous: number) {
      memory.slice(previous, 4);
      const old = sys.umask(mask);
      if (set === 0) sys.umask(old);
      memory.setU32(previous, old);
    },

    /** Normal end and signal apart; 0 in `pid` where WNOHANG found nothing. */
    proc_waitpid_v2(
      selector: number,
      options: number,
      exitCode: number,
      signal: number,
      pid: number,
      core: number,
    ) {
      if ((options & ~WNOHANG) !== 0) refuse(Errno.EINVAL);
      if ((selector | 0) <= 0 && (selector | 0) !== -1) refuse(Errno.ECHILD);
      for (const address of [exitCode, signal, pid, core]) memory.slice(address, 4);
      const result = sys.wait4(selector | 0, options);
      memory.setU32(pid, result.pid);
      if (result.pid === 0) return;
      const killedBy = result.status & 0x7f;
      memory.setU32(exitCode, killedBy === 0 ? (result.status >> 8) & 0xff : 0);
      memory.setU32(signal, killedBy);
      memory.setU32(core, (result.status >> 7) & 1);
    },

    proc_waitpid_v3(selector: number, options: number, status: number, pid: number) {
      if ((options & ~WAIT_OPTIONS) !== 0) refuse(Errno.EINVAL);
      memory.slice(status, 4);
      memory.slice(pid, 4);
      const result = sys.wait4(selector | 0, options);
      memory.setU32(pid, result.pid);
      if (result.pid !== 0) memory.setU32(status, result.status);
    },

    sleep_ms(milliseconds: number) {
      sys.clock_nanosleep(CLOCK_MONOTONIC, 0, BigInt(milliseconds) * 1_000_000n);
    },

    // Never imported by a published module, and no terminal pair comes without a path.
    pty_open: () => refuse(Errno.ENOSYS),
  };
}
