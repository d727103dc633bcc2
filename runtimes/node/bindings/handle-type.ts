/** What a descriptor is to libuv (uv_guess_handle), by which `lib/` chooses a class for it. */
import { KernelError, S_IFCHR, S_IFIFO, S_IFMT, S_IFREG, S_IFSOCK } from "../../../kernel/abi.ts";
import type { Environment } from "../environment.ts";

/** In the order of lib/internal/util.js. */
const HandleType = { TCP: 0, TTY: 1, UDP: 2, FILE: 3, PIPE: 4, UNKNOWN: 5 } as const;

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOL_SOCKET = 1;
const SO_TYPE = 3;

export function guessHandleType(env: Environment, fd: number): number {
  let mode: number;
  try {
    mode = env.sys.fstat(fd).mode;
  } catch (reason) {
    if (reason instanceof KernelError) return HandleType.UNKNOWN;
    throw reason;
  }
  switch (mode & S_IFMT) {
    case S_IFREG:
      return HandleType.FILE;
    case S_IFCHR:
      return isTerminal(env, fd) ? HandleType.TTY : HandleType.FILE;
    case S_IFIFO:
      return HandleType.PIPE;
    case S_IFSOCK:
      return socketType(env, fd);
    default:
      return HandleType.UNKNOWN;
  }
}

/** isatty(3). */
export function isTerminal(env: Environment, fd: number): boolean {
  try {
    env.sys.tcgets(fd);
    return true;
  } catch (reason) {
    if (reason instanceof KernelError) return false;
    throw reason;
  }
}

function socketType({ sys }: Environment, fd: number): number {
  const type = sys.getsockopt(fd, SOL_SOCKET, SO_TYPE);
  const { family } = sys.getsockname(fd);
  if (type === SOCK_STREAM) return family === AF_UNIX ? HandleType.PIPE : HandleType.TCP;
  return type === SOCK_DGRAM && family !== AF_UNIX ? HandleType.UDP : HandleType.UNKNOWN;
}
