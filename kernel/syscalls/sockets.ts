/** The calls of sockets (socket(7)): descriptor, arguments, and on to the kind of socket in kernel/net. */
import { Errno, fail } from "../errno.ts";
import { O_NONBLOCK, O_PATH } from "../fd/flags.ts";
import { HOST_NAME_MAX, RW_MAX } from "../limits.ts";
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  MSG_CMSG_CLOEXEC,
  MSG_CTRUNC,
  MSG_PEEK,
  MSG_TRUNC,
  SHUT_RDWR,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
} from "../net/constants.ts";
import { parseIPv4, parseIPv6 } from "../net/ip-text.ts";
import { makePair, makeSocket } from "../net/make.ts";
import { Socket } from "../net/socket.ts";
import { askerOf } from "../policy.ts";
import { answered } from "../wait/answer.ts";
import type { Call } from "./call.ts";
import type { Handlers } from "./handlers.ts";
import type { ReceivedMessage, SocketAddress } from "./types.ts";

export const socketCalls: Handlers<
  | "socket"
  | "socketpair"
  | "bind"
  | "listen"
  | "accept4"
  | "connect"
  | "shutdown"
  | "sendmsg"
  | "recvmsg"
  | "getsockname"
  | "getpeername"
  | "getsockopt"
  | "setsockopt"
  | "getaddrinfo"
> = {
  socket(call, family, type, protocol) {
    const { fds } = call.process;
    fds.requireRoom();
    const socket = makeSocket(call, family, type, protocol);
    return fds.install(socket, (type & SOCK_CLOEXEC) !== 0);
  },

  socketpair(call, family, type, protocol) {
    const { fds } = call.process;
    const [one, other] = makePair(call, family, type, protocol);
    const closeOnExec = (type & SOCK_CLOEXEC) !== 0;
    // Held meanwhile, so that an end that gets no number is closed.
    other.acquire();
    let first = -1;
    try {
      first = fds.install(one, closeOnExec);
      return [first, fds.install(other, closeOnExec)];
    } catch (reason) {
      if (first >= 0) fds.close(first);
      throw reason;
    } finally {
      other.release();
    }
  },

  bind(call, fd, address) {
    socketOf(call, fd).bind(call, kept(address));
  },

  listen(call, fd, backlog) {
    socketOf(call, fd).listen(call, backlog);
  },

  accept4(call, fd, flags) {
    if ((flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) !== 0) fail(Errno.EINVAL);
    const listener = socketOf(call, fd);
    const { fds } = call.process;
    fds.requireRoom();
    const connection = listener.accept(call, flags);
    if ((flags & SOCK_NONBLOCK) !== 0) connection.flags |= O_NONBLOCK;
    const accepted = fds.install(connection, (flags & SOCK_CLOEXEC) !== 0);
    return { fd: accepted, address: connection.peerAddress() };
  },

  connect(call, fd, address) {
    socketOf(call, fd).connect(call, kept(address));
  },

  shutdown(call, fd, how) {
    const socket = socketOf(call, fd);
    if (how > SHUT_RDWR) fail(Errno.EINVAL);
    socket.shutdown(how);
  },

  sendmsg(call, fd, data, flags, address, rights) {
    const socket = socketOf(call, fd);
    const source = data.length > RW_MAX ? data.subarray(0, RW_MAX) : data;
    return socket.send(call, source, flags, address && kept(address), rights);
  },

  recvmsg(call, fd, length, flags): ReceivedMessage {
    const socket = socketOf(call, fd);
    const target = targetFor(call, Math.min(length, RECEIVE_MAX));
    const received = socket.receive(call, target, flags);
    const { from, rights } = received;
    const closeOnExec = (flags & MSG_CMSG_CLOEXEC) !== 0;
    const peeks = (flags & MSG_PEEK) !== 0;
    const given = peeks ? rights?.copy(call, closeOnExec) : rights?.install(call, closeOnExec);
    const data = target.subarray(0, received.count);
    const cut = given?.isCut ? MSG_CTRUNC : 0;
    return {
      data,
      flags: (received.flags & MSG_TRUNC) | cut,
      address: from,
      rights: given?.fds ?? [],
    };
  },

  getsockname: (call, fd) => socketOf(call, fd).localAddress(),

  getpeername: (call, fd) => socketOf(call, fd).peerAddress(),

  getsockopt: (call, fd, level, name) => socketOf(call, fd).getOption(level, name),

  setsockopt(call, fd, level, name, value) {
    socketOf(call, fd).setOption(level, name, value);
  },

  getaddrinfo(call, name, family) {
    const wanted = FAMILIES.get(family) ?? fail(Errno.EAFNOSUPPORT);
    if (name === "" || name.length > HOST_NAME_MAX) fail(Errno.EINVAL);
    const { gateway } = call.kernel.network;
    if (!gateway) return [];
    const found = answered(call, () => gateway.resolve(name, wanted, askerOf(call.process)));
    return found.flatMap((text) => parseIPv4(text) ?? parseIPv6(text) ?? []);
  },
};

const FAMILIES = new Map<number, 0 | 4 | 6>([
  [AF_UNSPEC, 0],
  [AF_INET, 4],
  [AF_INET6, 6],
]);

/** Bytes that one recvmsg brings at most: what every transport carries. */
const RECEIVE_MAX = 1_048_576;

/** The socket behind `fd`; the call keeps it, so that the descriptor may be closed while it sleeps. */
function socketOf(call: Call, fd: number): Socket {
  const file = call.file ?? call.process.fds.get(fd);
  if ((file.flags & O_PATH) !== 0) fail(Errno.EBADF);
  if (!(file instanceof Socket)) fail(Errno.ENOTSOCK);
  call.file = file;
  return file;
}

/** Where a message goes: the same memory for each attempt of a call. */
function targetFor(call: Call, length: number): Uint8Array {
  if (!(call.state instanceof Uint8Array)) call.state = new Uint8Array(length);
  return call.state as Uint8Array;
}

/** A copy, for what came lies in the guest's memory. */
function kept(address: SocketAddress): SocketAddress {
  return { ...address, address: address.address.slice() };
}
