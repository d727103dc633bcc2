/** Resource limits of a process (getrlimit(2)), Linux's numbers. */
import { Errno, fail } from "../errno.ts";
import type { RLimit } from "../syscalls/types.ts";
import type { Process } from "./process.ts";

export const Resource = {
  RLIMIT_CPU: 0,
  RLIMIT_FSIZE: 1,
  RLIMIT_DATA: 2,
  RLIMIT_STACK: 3,
  RLIMIT_CORE: 4,
  RLIMIT_RSS: 5,
  RLIMIT_NPROC: 6,
  RLIMIT_NOFILE: 7,
  RLIMIT_MEMLOCK: 8,
  RLIMIT_AS: 9,
  RLIMIT_LOCKS: 10,
  RLIMIT_SIGPENDING: 11,
  RLIMIT_MSGQUEUE: 12,
  RLIMIT_NICE: 13,
  RLIMIT_RTPRIO: 14,
  RLIMIT_RTTIME: 15,
} as const;

const RESOURCES = 16;

const UNLIMITED: RLimit = { soft: Number.POSITIVE_INFINITY, hard: Number.POSITIVE_INFINITY };

/** What pid 1 starts with; every other process inherits. `cpuTime`: milliseconds. */
export function defaultLimits(cpuTime: number): Map<number, RLimit> {
  const seconds = Math.ceil(cpuTime / 1000);
  return new Map([
    [Resource.RLIMIT_CPU, { soft: seconds, hard: seconds }],
    [Resource.RLIMIT_STACK, { soft: 8 << 20, hard: Number.POSITIVE_INFINITY }],
    [Resource.RLIMIT_CORE, { soft: 0, hard: Number.POSITIVE_INFINITY }],
    [Resource.RLIMIT_NOFILE, { soft: 1024, hard: 65_536 }],
    [Resource.RLIMIT_MEMLOCK, { soft: 0, hard: 0 }],
    [Resource.RLIMIT_NICE, { soft: 0, hard: 0 }],
    [Resource.RLIMIT_RTPRIO, { soft: 0, hard: 0 }],
  ]);
}

export function limitOf(limits: ReadonlyMap<number, RLimit>, resource: number): RLimit {
  return limits.get(resource) ?? UNLIMITED;
}

export function getLimit(process: Process, resource: number): RLimit {
  if (resource >= RESOURCES) fail(Errno.EINVAL);
  return limitOf(process.limits, resource);
}

/** Anybody may lower, and raise the soft limit up to the hard one; the rest needs privilege. */
export function setLimit(
  process: Process,
  resource: number,
  { soft, hard }: RLimit,
  privileged: boolean,
): void {
  if (resource >= RESOURCES || !(soft >= 0 && soft <= hard)) fail(Errno.EINVAL);
  if (hard > limitOf(process.limits, resource).hard && !privileged) fail(Errno.EPERM);
  if (resource === Resource.RLIMIT_NOFILE) {
    if (hard > DESCRIPTORS_MAX) fail(Errno.EPERM);
    process.fds.limit = soft;
  }
  process.limits.set(resource, { soft, hard });
}

/** Highest RLIMIT_NOFILE (/proc/sys/fs/nr_open). */
const DESCRIPTORS_MAX = 1_048_576;
