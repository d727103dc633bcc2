/** Connections over TCP and Unix streams (tcp(7), unix(7)): one suite for what they share, and each one's own. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  AT_FDCWD,
  Errno,
  encodeUtf8,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_V6ONLY,
  type Kernel,
  MSG_DONTWAIT,
  MSG_PEEK,
  MSG_WAITALL,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDHUP,
  S_IFMT,
  S_IFSOCK,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SIG_IGN,
  Signal,
  SO_ACCEPTCONN,
  SO_ERROR,
  SO_LINGER,
  SO_RCVTIMEO,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SO_TYPE,
  SOCK_NONBLOCK,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOL_SOCKET,
  type SocketAddress,
  type Sys,
  TCP_NODELAY,
} from "../../../kernel/index.ts";
import { bootKernel, codeOf, now, run } from "../boot.ts";
import { connected, inet, inet6, listener, send, text, unix } from "./sockets.ts";

let kernel: Kernel;
let sys: Sys;
beforeEach(() => {
  kernel = bootKernel();
  sys = kernel.init;
});
afterEach(() => kernel.shutdown());

const POLLED = POLLIN | POLLOUT | POLLRDHUP;
const poll = (fd: number) => now(sys.ppoll([{ fd, events: POLLED }], 0n, undefined))[0] as number;
const ANY: [string, () => SocketAddress][] = [
  ["tcp", () => inet(0)],
  ["tcp6", () => inet6(0)],
  ["a unix path", () => unix("/tmp/s")],
  ["an abstract name", () => unix("\0s")],
];

describe.each(ANY)("a connection over %s", (_name, address) => {
  test("carries bytes both ways, and joins writes", () => {
    const [client, server] = connected(sys, address());
    now(send(sys, client, "ab"));
    now(sys.write(client, encodeUtf8("cd")));
    expect(text(sys, server, MSG_PEEK)).toBe("abcd");
    expect(now(sys.fionread(server))).toBe(4);
    expect(text(sys, server)).toBe("abcd");
    now(send(sys, server, "back"));
    expect(text(sys, client)).toBe("back");
  });

  test("a read waits; without a writer it is the end", async () => {
    const [client, server] = connected(sys, address());
    expect(await codeOf(() => sys.read(server, new Uint8Array(1)))).toBe("EAGAIN");
    now(sys.fcntl(server, 4, 0));
    const answer = sys.read(server, new Uint8Array(9));
    now(send(sys, client, "x"));
    expect(await answer).toBe(1);
    expect(await codeOf(() => sys.recvmsg(server, 9, MSG_DONTWAIT))).toBe("EAGAIN");
    const last = sys.read(server, new Uint8Array(9));
    now(sys.close(client));
    expect(await last).toBe(0);
    expect(poll(server) & (POLLIN | POLLRDHUP)).toBe(POLLIN | POLLRDHUP);
  });

  test("a full connection holds its writer up until there is room", async () => {
    const [client, server] = connected(sys, address());
    const chunk = new Uint8Array(1 << 20).fill(7);
    const first = now(sys.write(client, chunk));
    expect(first).toBeGreaterThan(4096);
    expect(await codeOf(() => sys.write(client, chunk))).toBe("EAGAIN");
    expect(poll(client) & POLLOUT).toBe(0);
    now(sys.fcntl(client, 4, 0));
    const writing = sys.write(client, chunk);
    let total = 0;
    const buffer = new Uint8Array(50_000);
    while (total < first + chunk.length) total += await sys.read(server, buffer);
    expect(await writing).toBe(chunk.length);
    expect(poll(client) & POLLOUT).toBe(POLLOUT);
  });

  test("each direction ends by itself", async () => {
    const [client, server] = connected(sys, address());
    now(send(sys, client, "last"));
    now(sys.shutdown(client, SHUT_WR));
    expect(text(sys, server)).toBe("last");
    expect(text(sys, server)).toBe("");
    expect(await codeOf(() => send(sys, server, "still"))).toBe("OK");
    expect(text(sys, client)).toBe("still");
    expect(await codeOf(() => sys.sendmsg(client, encodeUtf8("x"), 0x4000, undefined, []))).toBe(
      "EPIPE",
    );
    now(sys.shutdown(client, SHUT_RD));
    expect(text(sys, client)).toBe("");
    expect(poll(client) & POLLHUP).toBe(POLLHUP);
  });

  test("a write to nobody is SIGPIPE or EPIPE", async () => {
    const [client, server] = connected(sys, address());
    now(sys.close(server));
    // TCP learns of it by the answer to its first segment.
    await codeOf(() => sys.sendmsg(client, encodeUtf8("x"), 0x4000, undefined, []));
    now(sys.getsockopt(client, SOL_SOCKET, SO_ERROR));
    const write = async (sys: Sys) => {
      await sys.write(client, encodeUtf8("x"));
      return 0;
    };
    expect(await run(kernel, write)).toBe(Signal.SIGPIPE);
    const code = await codeOf(async () => {
      const status = await run(kernel, async (sys) => {
        now(sys.rt_sigaction(Signal.SIGPIPE, { handler: SIG_IGN, mask: 0n, flags: 0 }));
        return (await codeOf(() => sys.write(client, encodeUtf8("x")))) === "EPIPE" ? 0 : 1;
      });
      expect(status).toBe(0);
    });
    expect(code).toBe("OK");
  });

  test("closing what was not read resets the connection", async () => {
    const [client, server] = connected(sys, address());
    now(send(sys, client, "unread"));
    now(sys.close(server));
    expect(poll(client) & (POLLIN | POLLERR)).toBe(POLLIN | POLLERR);
    expect(await codeOf(() => sys.read(client, new Uint8Array(4)))).toBe("ECONNRESET");
    expect(now(sys.read(client, new Uint8Array(4)))).toBe(0);
  });

  test("names itself and its peer", async () => {
    const [server, at] = listener(sys, address());
    const client = now(sys.socket(at.family, SOCK_STREAM, 0));
    expect(await codeOf(() => sys.getpeername(client))).toBe("ENOTCONN");
    now(sys.connect(client, at));
    expect(await codeOf(() => sys.connect(client, at))).toBe("EISCONN");
    const { fd, address: from } = now(sys.accept4(server, 0));
    expect(now(sys.getpeername(client))).toEqual(at);
    expect(now(sys.getsockname(fd))).toEqual(at);
    expect(now(sys.getpeername(fd))).toEqual(from);
    expect(now(sys.getsockname(client))).toEqual(from);
    expect(now(sys.getsockopt(server, SOL_SOCKET, SO_ACCEPTCONN))).toBe(1);
    expect(now(sys.getsockopt(fd, SOL_SOCKET, SO_TYPE))).toBe(SOCK_STREAM);
    expect(now(sys.fstat(fd)).mode & S_IFMT).toBe(S_IFSOCK);
  });

  test("waits for room among those that nobody accepted, or is refused when the listener goes", async () => {
    const [server, at] = listener(sys, address(), 0);
    const sockets = [0, 1, 2].map(() => now(sys.socket(at.family, SOCK_STREAM, 0))) as number[];
    const [first, second, third] = sockets as [number, number, number];
    now(sys.connect(first, at));
    expect(poll(server) & POLLIN).toBe(POLLIN);
    const waiting = sys.connect(second, at);
    expect(waiting).toBeInstanceOf(Promise);
    now(sys.accept4(server, 0));
    await waiting;
    const lost = codeOf(() => sys.connect(third, at));
    now(sys.close(server));
    expect(await lost).toBe("ECONNREFUSED");
    expect(await codeOf(() => sys.read(second, new Uint8Array(1)))).toBe("ECONNRESET");
    expect(await codeOf(() => sys.connect(third, at))).toBe("ECONNREFUSED");
  });

  test("accept waits, and listeners take no bytes", async () => {
    const [server, at] = listener(sys, address());
    expect(await codeOf(() => sys.accept4(server, 0))).toBe("EAGAIN");
    now(sys.fcntl(server, 4, 0));
    const accepted = sys.accept4(server, 0);
    const client = now(sys.socket(at.family, SOCK_STREAM, 0));
    now(sys.connect(client, at));
    expect((await accepted).fd).toBeGreaterThan(client);
    expect(await codeOf(() => sys.shutdown(server, SHUT_RDWR))).toBe("ENOTCONN");
    expect(await codeOf(() => sys.connect(server, at))).toBe("EINVAL");
    expect(await codeOf(() => sys.accept4(client, 0))).toBe("EINVAL");
  });

  test("MSG_WAITALL waits for all of it, a time limit ends any wait", async () => {
    const [client, server] = connected(sys, address());
    now(sys.fcntl(server, 4, 0));
    now(send(sys, client, "ab"));
    const all = sys.recvmsg(server, 4, MSG_WAITALL);
    now(send(sys, client, "cd"));
    expect((await all).data.length).toBe(4);
    now(sys.setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, 1_000_000));
    expect(await codeOf(() => sys.recvmsg(server, 4, 0))).toBe("EAGAIN");
  });
});

describe("tcp", () => {
  test("only the machine itself can be reached", async () => {
    const fd = now(sys.socket(AF_INET, SOCK_STREAM, 0));
    const code = (address: SocketAddress) => codeOf(() => sys.connect(fd, address));
    expect(await code(inet(80, [10, 0, 0, 1]))).toBe("ENETUNREACH");
    expect(await code(inet(80, [8, 8, 8, 8]))).toBe("ENETUNREACH");
    expect(await code(inet(80))).toBe("ECONNREFUSED");
    expect(await code(inet6(80))).toBe("EAFNOSUPPORT");
    expect(await codeOf(() => sys.bind(fd, inet(0, [10, 0, 0, 1])))).toBe("EADDRNOTAVAIL");
  });

  test("a port has one listener, unless both say otherwise", async () => {
    const [, at] = listener(sys, inet(0));
    const bind = async (address: SocketAddress, options: number[] = []) => {
      const fd = now(sys.socket(address.family, SOCK_STREAM, 0));
      for (const option of options) now(sys.setsockopt(fd, SOL_SOCKET, option, 1));
      return codeOf(() => sys.bind(fd, address));
    };
    expect(await bind(at)).toBe("EADDRINUSE");
    expect(await bind(at, [SO_REUSEADDR])).toBe("EADDRINUSE");
    expect(await bind(inet(at.port, [0, 0, 0, 0]))).toBe("EADDRINUSE");
    expect(await bind(inet6(at.port, 0))).toBe("EADDRINUSE");
    expect(await bind(inet6(at.port, 1))).toBe("OK");
    expect(await bind(inet(at.port, [127, 0, 0, 2]))).toBe("OK");
    const port = at.port === 40_000 ? 40_001 : 40_000;
    expect(await bind(inet(port), [SO_REUSEPORT])).toBe("OK");
    expect(await bind(inet(port), [SO_REUSEPORT])).toBe("OK");
    expect(await bind(inet(port))).toBe("EADDRINUSE");
  });

  test("low ports belong to root", async () => {
    const status = await run(kernel, async (sys) => {
      await sys.setresuid(1000, 1000, 1000);
      const fd = await sys.socket(AF_INET, SOCK_STREAM, 0);
      return (await codeOf(() => sys.bind(fd, inet(80)))) === "EACCES" ? 0 : 1;
    });
    expect(status).toBe(0);
    const fd = now(sys.socket(AF_INET, SOCK_STREAM, 0));
    expect(await codeOf(() => sys.bind(fd, inet(80)))).toBe("OK");
  });

  test(":: hears IPv4 as well, unless it is told not to", async () => {
    const [server, at] = listener(sys, inet6(0, 0));
    const client = now(sys.socket(AF_INET, SOCK_STREAM, 0));
    now(sys.connect(client, inet(at.port)));
    const { address } = now(sys.accept4(server, 0));
    expect([...address.address.subarray(10)]).toEqual([255, 255, 127, 0, 0, 1]);
    const only = now(sys.socket(AF_INET6, SOCK_STREAM, 0));
    now(sys.setsockopt(only, IPPROTO_IPV6, IPV6_V6ONLY, 1));
    now(sys.bind(only, inet6(0, 0)));
    now(sys.listen(only, 1));
    const { port } = now(sys.getsockname(only));
    const other = now(sys.socket(AF_INET, SOCK_STREAM, 0));
    expect(await codeOf(() => sys.connect(other, inet(port)))).toBe("ECONNREFUSED");
  });

  test("a non-blocking connect that must wait is under way", async () => {
    const [server, at] = listener(sys, inet(0), 0);
    const first = now(sys.socket(AF_INET, SOCK_STREAM, 0));
    now(sys.connect(first, at));
    const second = now(sys.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    expect(await codeOf(() => sys.connect(second, at))).toBe("EINPROGRESS");
    expect(await codeOf(() => sys.connect(second, at))).toBe("EALREADY");
    expect(poll(second)).toBe(0);
    now(sys.accept4(server, 0));
    expect(poll(second) & POLLOUT).toBe(POLLOUT);
    expect(now(sys.getsockopt(second, SOL_SOCKET, SO_ERROR))).toBe(0);
    const third = now(sys.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    expect(await codeOf(() => sys.connect(third, at))).toBe("EINPROGRESS");
    now(sys.close(server));
    expect(poll(third) & POLLERR).toBe(POLLERR);
    expect(now(sys.getsockopt(third, SOL_SOCKET, SO_ERROR))).toBe(Errno.ECONNREFUSED);
    expect(now(sys.getsockopt(third, SOL_SOCKET, SO_ERROR))).toBe(0);
  });

  test("a read is the end where a write to nobody went before", async () => {
    const [client, server] = connected(sys, inet(0));
    now(sys.close(server));
    expect(await codeOf(() => send(sys, client, "lost"))).toBe("OK");
    expect(text(sys, client)).toBe("");
    expect(await codeOf(() => sys.sendmsg(client, encodeUtf8("x"), 0x4000, undefined, []))).toBe(
      "EPIPE",
    );
  });

  test("SO_LINGER 0 resets; options keep what they are set to", async () => {
    const [client, server] = connected(sys, inet(0));
    now(sys.setsockopt(client, IPPROTO_TCP, TCP_NODELAY, 1));
    expect(now(sys.getsockopt(client, IPPROTO_TCP, TCP_NODELAY))).toBe(1);
    expect(await codeOf(() => sys.getsockopt(client, 77, 1))).toBe("ENOPROTOOPT");
    expect(await codeOf(() => sys.setsockopt(client, SOL_SOCKET, 999, 1))).toBe("ENOPROTOOPT");
    now(sys.setsockopt(client, SOL_SOCKET, SO_LINGER, 0));
    now(sys.close(client));
    expect(await codeOf(() => sys.read(server, new Uint8Array(4)))).toBe("ECONNRESET");
  });

  test("a socket that was never connected has nothing to say", async () => {
    const fd = now(sys.socket(AF_INET, SOCK_STREAM, 0));
    expect(await codeOf(() => sys.read(fd, new Uint8Array(1)))).toBe("ENOTCONN");
    expect(await codeOf(() => sys.sendmsg(fd, new Uint8Array(1), 0x4000, undefined, []))).toBe(
      "EPIPE",
    );
    expect(poll(fd) & (POLLHUP | POLLOUT)).toBe(POLLHUP | POLLOUT);
    expect(await codeOf(() => sys.lseek(fd, 0, 0))).toBe("ESPIPE");
    expect(await codeOf(() => sys.listen(999, 1))).toBe("EBADF");
    const [end] = now(sys.pipe2(0)) as [number];
    expect(await codeOf(() => sys.listen(end, 1))).toBe("ENOTSOCK");
  });
});

describe("unix", () => {
  test("a name is a file, and outlives its socket", async () => {
    const [server, at] = listener(sys, unix("/tmp/s"));
    expect(now(sys.newfstatat(AT_FDCWD, "/tmp/s", 0)).mode & S_IFMT).toBe(S_IFSOCK);
    const again = now(sys.socket(AF_UNIX, SOCK_STREAM, 0));
    expect(await codeOf(() => sys.bind(again, at))).toBe("EADDRINUSE");
    expect(await codeOf(() => sys.openat(AT_FDCWD, "/tmp/s", 0, 0))).toBe("ENXIO");
    now(sys.close(server));
    expect(await codeOf(() => sys.connect(again, at))).toBe("ECONNREFUSED");
    now(sys.unlinkat(AT_FDCWD, "/tmp/s", 0));
    expect(await codeOf(() => sys.connect(again, at))).toBe("ENOENT");
    expect(await codeOf(() => sys.bind(again, at))).toBe("OK");
  });

  test("who may not write to it may not connect", async () => {
    const [, at] = listener(sys, unix("/tmp/s"));
    now(sys.fchmodat(AT_FDCWD, "/tmp/s", 0o755, 0));
    const attempt = (uid: number) =>
      run(kernel, async (sys) => {
        await sys.setresuid(uid, uid, uid);
        const fd = await sys.socket(AF_UNIX, SOCK_STREAM, 0);
        return (await codeOf(() => sys.connect(fd, at))) === "OK" ? 0 : 1;
      });
    expect(await attempt(1000)).toBe(1 << 8);
    expect(await attempt(0)).toBe(0);
  });

  test("packets keep apart what was sent apart", async () => {
    const [one, other] = now(sys.socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0)) as [
      number,
      number,
    ];
    now(send(sys, one, "first"));
    now(send(sys, one, "second"));
    expect(now(sys.recvmsg(other, 3, 0)).flags).toBe(0x20);
    expect(text(sys, other)).toBe("second");
    expect(await codeOf(() => send(sys, one, "x".repeat(1 << 20)))).toBe("EMSGSIZE");
  });

  test("only Unix sockets come in pairs, and each kind is known or refused", async () => {
    const make = (...args: [number, number, number]) => codeOf(() => sys.socket(...args));
    expect(await codeOf(() => sys.socketpair(AF_INET, SOCK_STREAM, 0))).toBe("EOPNOTSUPP");
    expect(await make(99, SOCK_STREAM, 0)).toBe("EAFNOSUPPORT");
    expect(await make(AF_INET, 3, 0)).toBe("EPERM");
    expect(await make(AF_INET, SOCK_STREAM, 17)).toBe("EPROTONOSUPPORT");
    expect(await make(AF_UNIX, 4, 0)).toBe("EPROTOTYPE");
    expect(await make(AF_INET, 0xffff, 0)).toBe("EINVAL");
  });
});
