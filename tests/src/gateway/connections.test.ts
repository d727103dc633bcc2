/** Connections through the gateway, between a guest's socket and servers of this process. */
import { afterEach, describe, expect, test } from "vitest";
import {
  Errno,
  encodeUtf8,
  F_SETFL,
  type Kernel,
  POLLIN,
  POLLOUT,
  type Policy,
  SHUT_WR,
  SO_ERROR,
  SOCK_NONBLOCK,
  SOL_SOCKET,
} from "../../../kernel/index.ts";
import type { EgressOptions } from "../../../src/gateway/egress-gateway.ts";
import { bootKernel, codeOf, run } from "../../kernel/boot.ts";
import { at, connect, connectedKernel, ListPolicy, readAll, serve } from "./machine.ts";

let kernel: Kernel | undefined;
afterEach(() => {
  kernel?.shutdown();
  kernel = undefined;
});

function boot(policy: Policy, options: Partial<EgressOptions> = {}) {
  const made = connectedKernel({ policy, ...options });
  kernel = made.kernel;
  return { ...made, sys: made.kernel.init };
}

/** The machine's address of a name that leads to the loopback of this process. */
async function named(
  port: number,
  extra: Partial<EgressOptions> = {},
  policy: Policy = new ListPolicy("server.test", `server.test:${port}`),
) {
  const made = boot(policy, { hosts: { "server.test": "127.0.0.1" }, ...extra });
  const [address] = await made.sys.getaddrinfo("server.test", 2);
  return { ...made, policy, address: [...(address ?? [])] };
}

describe("a connection to the outside", () => {
  test("carries bytes both ways, and half-closes", async () => {
    await using server = await serve((socket) => {
      const parts: Uint8Array[] = [];
      socket.on("data", (bytes: Buffer) => parts.push(bytes));
      socket.on("end", () => socket.end(`got ${Buffer.concat(parts)}`));
    }, true);
    const { sys, address } = await named(server.port);
    const fd = await connect(sys, server.port, address);
    await sys.write(fd, encodeUtf8("hello"));
    await sys.shutdown(fd, SHUT_WR);
    expect(await readAll(sys, fd)).toBe("got hello");
  });

  test("is refused at once where the policy says so", async () => {
    await using server = await serve((socket) => socket.end("secret"));
    const { sys } = boot(new ListPolicy());
    expect(await codeOf(() => connect(sys, server.port, [93, 184, 216, 34]))).toBe("EACCES");
    expect(await codeOf(() => sys.getaddrinfo("server.test", 0))).toBe("EACCES");
    const fd = await sys.socket(2, 1 | SOCK_NONBLOCK, 0);
    expect(await codeOf(() => sys.connect(fd, at(80, [93, 184, 216, 34])))).toBe("EACCES");
    expect(server.sockets.size).toBe(0);
  });

  test("reaches the host's loopback where that address is granted", async () => {
    await using server = await serve((socket) => socket.end("host"));
    const { sys } = boot(new ListPolicy(`127.0.0.1:${server.port}`), { lends: () => true });
    expect(await readAll(sys, await connect(sys, server.port))).toBe("host");
    const other = boot(new ListPolicy());
    expect(await codeOf(() => connect(other.sys, server.port))).toBe("ECONNREFUSED");
  });

  test("does not block who asked not to", async () => {
    await using server = await serve((socket) => socket.end("hi"));
    const { sys, address } = await named(server.port);
    const fd = await sys.socket(2, 1 | SOCK_NONBLOCK, 0);
    expect(await codeOf(() => sys.connect(fd, at(server.port, address)))).toBe("EINPROGRESS");
    expect(await codeOf(() => sys.connect(fd, at(server.port, address)))).toBe("EALREADY");
    const [events = 0] = await sys.ppoll([{ fd, events: POLLOUT }], undefined, undefined);
    expect(events & POLLOUT).toBe(POLLOUT);
    expect(await sys.getsockopt(fd, SOL_SOCKET, SO_ERROR)).toBe(0);
    await sys.ppoll([{ fd, events: POLLIN }], undefined, undefined);
    await sys.fcntl(fd, F_SETFL, 0);
    expect(await readAll(sys, fd)).toBe("hi");
  });

  test("tells of a server that is not there", async () => {
    const server = await serve(() => {});
    await server[Symbol.asyncDispose]();
    const { sys, address } = await named(server.port);
    expect(await codeOf(() => connect(sys, server.port, address))).toBe("ECONNREFUSED");
    const fd = await sys.socket(2, 1 | SOCK_NONBLOCK, 0);
    expect(await codeOf(() => sys.connect(fd, at(server.port, address)))).toBe("EINPROGRESS");
    await sys.ppoll([{ fd, events: POLLOUT }], undefined, undefined);
    expect(await sys.getsockopt(fd, SOL_SOCKET, SO_ERROR)).toBe(Errno.ECONNREFUSED);
  });

  test("is reset where the server breaks off", async () => {
    await using server = await serve((socket) => {
      socket.write("part");
      socket.once("data", () => socket.resetAndDestroy());
    });
    const { sys, address } = await named(server.port);
    const fd = await connect(sys, server.port, address);
    const buffer = new Uint8Array(9);
    expect(await sys.read(fd, buffer)).toBe(4);
    await sys.write(fd, encodeUtf8("more"));
    expect(await codeOf(() => sys.read(fd, buffer))).toBe("ECONNRESET");
  });

  test("goes at the pace of the one who reads", async () => {
    let written = 0;
    await using server = await serve((socket) => {
      const piece = Buffer.alloc(65_536);
      const push = () => {
        while (written < 64 << 20 && socket.write(piece)) written += piece.length;
        if (written < 64 << 20) socket.once("drain", push);
        else socket.end();
      };
      push();
    });
    const { sys, address } = await named(server.port);
    const fd = await connect(sys, server.port, address);
    let before = -1;
    while (before !== written) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(written).toBeLessThan(32 << 20);
    let total = 0;
    const buffer = new Uint8Array(1 << 20);
    for (let count = 1; count > 0; total += count) count = await sys.read(fd, buffer);
    expect(total).toBeGreaterThanOrEqual(64 << 20);
  });

  test("ends with the guest's socket, and with its process", async () => {
    await using server = await serve(() => {});
    const { kernel, sys, address } = await named(server.port);
    const fd = await connect(sys, server.port, address);
    await server.full(1);
    await sys.close(fd);
    await server.empty();
    await run(kernel, async (child) => {
      await connect(child, server.port, address);
      await server.full(1);
      return 0;
    });
    await server.empty();
  });

  test("ends with the machine", async () => {
    await using server = await serve(() => {});
    const { sys, address, gateway } = await named(server.port);
    await connect(sys, server.port, address);
    await server.full(1);
    gateway.close();
    await server.empty();
    expect(await codeOf(() => connect(sys, server.port, address))).toBe("ENETDOWN");
  });

  test("is given up by a signal, and by who closes it", async () => {
    let answer = (_allowed: boolean) => {};
    const policy = new ListPolicy("server.test");
    const slow: Policy = {
      decide: (crossing) =>
        crossing.kind === "connect"
          ? new Promise((resolve) => {
              answer = (allowed) => resolve({ allowed, reason: "somebody" });
            })
          : policy.decide(crossing),
    };
    await using server = await serve(() => {});
    const { sys, address, kernel } = await named(server.port, {}, slow);
    const fd = await sys.socket(2, 1 | SOCK_NONBLOCK, 0);
    expect(await codeOf(() => sys.connect(fd, at(server.port, address)))).toBe("EINPROGRESS");
    await sys.close(fd);
    answer(true);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(server.sockets.size).toBe(0);
    const status = run(kernel, async (child) => {
      await connect(child, server.port, address);
      return 0;
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    await sys.kill(-1, 9);
    expect(await status).toBe(9);
    answer(false);
  });
});

test("a machine without a gateway has no way out", async () => {
  kernel = bootKernel();
  const { init } = kernel;
  expect(await codeOf(() => connect(init, 80, [93, 184, 216, 34]))).toBe("ENETUNREACH");
  expect(await init.getaddrinfo("example.com", 0)).toEqual([]);
});
