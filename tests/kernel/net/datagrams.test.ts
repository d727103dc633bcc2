/** UDP and Unix datagrams (udp(7), unix(7)), and descriptors that travel in messages. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  AT_FDCWD,
  F_GETFD,
  FD_CLOEXEC,
  type Kernel,
  MSG_CMSG_CLOEXEC,
  MSG_CTRUNC,
  MSG_PEEK,
  MSG_TRUNC,
  O_CREAT,
  O_RDWR,
  SHUT_RD,
  SO_BROADCAST,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  type Sys,
} from "../../../kernel/index.ts";
import { bootKernel, codeOf, now, recorded } from "../boot.ts";
import { inet, inet6, send, text, unix } from "./sockets.ts";

let kernel: Kernel;
let sys: Sys;
beforeEach(() => {
  kernel = bootKernel();
  sys = kernel.init;
});
afterEach(() => kernel.shutdown());

const udp = (family = AF_INET) => now(sys.socket(family, SOCK_DGRAM | SOCK_NONBLOCK, 0));
const pair = (type = SOCK_STREAM) =>
  now(sys.socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0)) as [number, number];

describe("udp", () => {
  test("datagrams arrive one by one with their sender, or not at all", async () => {
    const server = udp();
    now(sys.bind(server, inet(0)));
    const at = now(sys.getsockname(server));
    const client = udp();
    now(send(sys, client, "one", at));
    now(send(sys, client, "", at));
    now(send(sys, client, "three", at));
    expect(now(sys.recvmsg(server, 9, MSG_PEEK)).address).toEqual({
      ...at,
      port: now(sys.getsockname(client)).port,
    });
    expect(text(sys, server)).toBe("one");
    expect(text(sys, server)).toBe("");
    const short = now(sys.recvmsg(server, 2, 0));
    expect([short.data.length, short.flags]).toEqual([2, MSG_TRUNC]);
    expect(await codeOf(() => sys.recvmsg(server, 2, 0))).toBe("EAGAIN");
    now(sys.close(server));
    expect(now(send(sys, client, "lost", at))).toBe(4);
    expect(await codeOf(() => send(sys, client, "x".repeat(70_000), at))).toBe("EMSGSIZE");
  });

  test("a connected socket hears its peer alone, and that it is gone", async () => {
    const [one, other, third] = [udp(), udp(), udp()];
    for (const fd of [one, other]) now(sys.bind(fd, inet(0)));
    now(sys.connect(one, now(sys.getsockname(other))));
    now(send(sys, third, "no", now(sys.getsockname(one))));
    now(send(sys, other, "yes", now(sys.getsockname(one))));
    expect(text(sys, one)).toBe("yes");
    expect(await codeOf(() => sys.recvmsg(one, 9, 0))).toBe("EAGAIN");
    now(sys.close(other));
    expect(await codeOf(() => send(sys, one, "x"))).toBe("OK");
    expect(await codeOf(() => send(sys, one, "x"))).toBe("ECONNREFUSED");
    now(sys.connect(one, { family: 0, address: new Uint8Array(0), port: 0, scope: 0 }));
    expect(await codeOf(() => send(sys, one, "x"))).toBe("EDESTADDRREQ");
  });

  test("nothing leaves the machine", async () => {
    const fd = udp();
    const code = (host: number[]) => codeOf(() => send(sys, fd, "x", inet(53, host)));
    expect(await code([8, 8, 8, 8])).toBe("ENETUNREACH");
    expect(await code([224, 0, 0, 1])).toBe("ENETUNREACH");
    expect(await code([255, 255, 255, 255])).toBe("EACCES");
    now(sys.setsockopt(fd, SOL_SOCKET, SO_BROADCAST, 1));
    expect(await code([255, 255, 255, 255])).toBe("ENETUNREACH");
    expect(await code([127, 3, 2, 1])).toBe("OK");
  });

  test("IPv6 sockets hear and name IPv4", () => {
    const server = udp(AF_INET6);
    now(sys.bind(server, inet6(0, 0)));
    const { port } = now(sys.getsockname(server));
    now(send(sys, udp(), "x", inet(port)));
    expect(now(sys.recvmsg(server, 9, 0)).address?.address.subarray(10, 13)).toEqual(
      Uint8Array.of(255, 255, 127),
    );
  });

  test("what nobody reads is dropped when the receiver is full", () => {
    const server = udp();
    now(sys.bind(server, inet(0)));
    const at = now(sys.getsockname(server));
    const client = udp();
    for (let i = 0; i < 100; i++) now(send(sys, client, "x".repeat(60_000), at));
    let received = 0;
    while (now(sys.ppoll([{ fd: server, events: 1 }], 0n, undefined))[0] !== 0) {
      text(sys, server);
      received++;
    }
    expect(received).toBeGreaterThan(1);
    expect(received).toBeLessThan(10);
  });
});

describe("unix datagrams", () => {
  test("wait for room, and carry the sender's name", async () => {
    const server = now(sys.socket(AF_UNIX, SOCK_DGRAM, 0));
    now(sys.bind(server, unix("/tmp/d")));
    const client = now(sys.socket(AF_UNIX, SOCK_DGRAM, 0));
    now(sys.bind(client, unix("")));
    now(sys.connect(client, unix("/tmp/d")));
    let sent = 0;
    let waiting: unknown;
    while (!(waiting instanceof Promise)) {
      waiting = send(sys, client, "x".repeat(10_000));
      sent++;
    }
    expect(sent).toBeGreaterThan(2);
    const { address } = now(sys.recvmsg(server, 10_000, 0));
    expect(address?.address).toEqual(now(sys.getsockname(client)).address);
    expect(await waiting).toBe(10_000);
    now(sys.close(server));
    expect(await codeOf(() => send(sys, client, "x"))).toBe("ECONNREFUSED");
    expect(await codeOf(() => sys.connect(client, unix("/tmp/d")))).toBe("ECONNREFUSED");
  });

  test("a stream cannot be sent datagrams", async () => {
    const server = now(sys.socket(AF_UNIX, SOCK_STREAM, 0));
    now(sys.bind(server, unix("\0n")));
    const client = now(sys.socket(AF_UNIX, SOCK_DGRAM, 0));
    expect(await codeOf(() => send(sys, client, "x", unix("\0n")))).toBe("EPROTOTYPE");
    expect(await codeOf(() => sys.listen(client, 1))).toBe("EOPNOTSUPP");
  });
});

describe.each([
  ["stream", SOCK_STREAM],
  ["dgram", SOCK_DGRAM],
])("descriptors over %s", (_name, type) => {
  test("arrive with their message, open though their sender closed them", () => {
    const [one, other] = pair(type);
    const [reader, writer] = now(sys.pipe2(0)) as [number, number];
    now(send(sys, one, "a"));
    now(send(sys, one, "fds", undefined, [writer]));
    now(send(sys, one, "b"));
    now(sys.close(writer));
    expect(now(sys.recvmsg(other, 9, 0)).rights).toEqual([]);
    const { data, rights } = now(sys.recvmsg(other, 9, MSG_CMSG_CLOEXEC));
    expect([data.length, rights.length]).toEqual([3, 1]);
    const [received] = rights as [number];
    expect(now(sys.fcntl(received, F_GETFD, 0))).toBe(FD_CLOEXEC);
    now(send(sys, one, "tail"));
    expect(text(sys, other)).toBe(type === SOCK_STREAM ? "btail" : "b");
    now(sys.write(received, Uint8Array.of(1)));
    expect(now(sys.read(reader, new Uint8Array(2)))).toBe(1);
    now(sys.close(received));
    expect(now(sys.read(reader, new Uint8Array(2)))).toBe(0);
  });

  test("are closed where nobody takes them", () => {
    const [one, other] = pair(type);
    const [reader, writer] = now(sys.pipe2(0)) as [number, number];
    now(send(sys, one, "x", undefined, [writer]));
    now(send(sys, one, "y", undefined, [writer]));
    now(sys.close(writer));
    now(sys.read(other, new Uint8Array(1)));
    now(sys.close(other));
    expect(now(sys.read(reader, new Uint8Array(2)))).toBe(0);
  });

  test("are bounded, for one message and for the machine", async () => {
    const [one, other] = pair(type);
    const many = (count: number) => new Array(count).fill(one);
    expect(await codeOf(() => send(sys, one, "x", undefined, many(254)))).toBe("EINVAL");
    expect(await codeOf(() => send(sys, one, "x", undefined, [999]))).toBe("EBADF");
    for (let i = 0; i < 16; i++) now(send(sys, one, "x", undefined, many(253)));
    expect(await codeOf(() => send(sys, one, "x", undefined, many(253)))).toBe("ETOOMANYREFS");
    now(sys.shutdown(other, SHUT_RD));
    now(sys.close(other));
    const [again] = pair(type);
    expect(await codeOf(() => send(sys, again, "x", undefined, many(253)))).toBe("OK");
  });
});

test("a receiver without room for descriptors is told that some are lost", async () => {
  const [one, other] = pair();
  const fd = now(sys.openat(AT_FDCWD, "/tmp/x", O_RDWR | O_CREAT, 0o666));
  now(send(sys, one, "x", undefined, [fd, fd]));
  const notes = await recorded(kernel, async (sys, note) => {
    const { rights } = now(sys.recvmsg(other, 1, MSG_PEEK));
    for (const given of rights) now(sys.close(given));
    const next = rights[0] as number;
    now(sys.prlimit64(0, 7, { soft: next + 1, hard: next + 1 }));
    const { rights: got, flags } = now(sys.recvmsg(other, 1, 0));
    note(got.length, flags);
  });
  expect(notes).toEqual([1, MSG_CTRUNC]);
});
