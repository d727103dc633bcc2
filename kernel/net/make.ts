/** socket(2) and socketpair(2): the right kind of socket, or the errno that Linux has for one we lack. */
import { Errno, fail } from "../errno.ts";
import { O_NONBLOCK } from "../fd/flags.ts";
import type { Call } from "../syscalls/call.ts";
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  IPPROTO_TCP,
  IPPROTO_UDP,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from "./constants.ts";
import type { Socket } from "./socket.ts";
import { StreamSocket } from "./stream-socket.ts";
import { TcpSocket } from "./tcp-socket.ts";
import { UdpSocket } from "./udp-socket.ts";
import { UnixDatagramSocket } from "./unix-datagram.ts";
import { UnixStreamSocket } from "./unix-stream.ts";

const SOCK_RAW = 3;

/** `type` may have SOCK_NONBLOCK and SOCK_CLOEXEC in it. */
export function makeSocket(call: Call, family: number, type: number, protocol: number): Socket {
  const { plain, flags } = parts(type);
  if (family === AF_UNIX) return makeUnix(call, plain, flags, protocol);
  if (family !== AF_INET && family !== AF_INET6) fail(Errno.EAFNOSUPPORT);
  const { kernel, process } = call;
  if (plain === SOCK_STREAM && (protocol === 0 || protocol === IPPROTO_TCP))
    return new TcpSocket(kernel, process.credentials, family, flags);
  if (plain === SOCK_DGRAM && (protocol === 0 || protocol === IPPROTO_UDP))
    return new UdpSocket(kernel, process.credentials, family, flags);
  if (plain === SOCK_RAW) fail(Errno.EPERM);
  return fail(plain > SOCK_MAX ? Errno.EINVAL : Errno.EPROTONOSUPPORT);
}

/** Two Unix sockets that are connected to each other. */
export function makePair(
  call: Call,
  family: number,
  type: number,
  protocol: number,
): [Socket, Socket] {
  if (family !== AF_UNIX) fail(family > AF_MAX ? Errno.EAFNOSUPPORT : Errno.EOPNOTSUPP);
  const { plain, flags } = parts(type);
  const one = makeUnix(call, plain, flags, protocol);
  let other: Socket;
  try {
    other = makeUnix(call, plain, flags, protocol);
  } catch (reason) {
    one.acquire().release();
    throw reason;
  }
  if (one instanceof UnixDatagramSocket) UnixDatagramSocket.join(one, other as UnixDatagramSocket);
  else StreamSocket.join(one as UnixStreamSocket, other as UnixStreamSocket);
  return [one, other];
}

const SOCK_MAX = 10;
const AF_MAX = 45;

function makeUnix(
  { kernel, process: { credentials } }: Call,
  type: number,
  flags: number,
  protocol: number,
): UnixStreamSocket | UnixDatagramSocket {
  if (protocol !== 0 && protocol !== AF_UNIX) fail(Errno.EPROTONOSUPPORT);
  if (type === SOCK_STREAM || type === SOCK_SEQPACKET)
    return new UnixStreamSocket(kernel, credentials, type, flags);
  if (type === SOCK_DGRAM) return new UnixDatagramSocket(kernel, credentials, flags);
  return fail(Errno.EPROTOTYPE);
}

function parts(type: number): { plain: number; flags: number } {
  const plain = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (plain > 15) fail(Errno.EINVAL);
  return { plain, flags: (type & SOCK_NONBLOCK) !== 0 ? O_NONBLOCK : 0 };
}
