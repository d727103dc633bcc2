/**
 * What addresses a machine reaches that may reach everything: none of the host's own and of private
 * networks, however they are written and whatever name leads there, but those that are granted by address.
 */
import { afterEach, describe, expect, test } from "vitest";
import { AF_INET, AF_INET6, type Kernel, SOCK_STREAM } from "../../../kernel/index.ts";
import { parseIPv4, parseIPv6 } from "../../../kernel/net/ip-text.ts";
import type { Dialer, Target } from "../../../src/gateway/dialer.ts";
import { normalizePermissions } from "../../../src/options/permissions.ts";
import { Guard } from "../../../src/permissions/guard.ts";
import { SessionMemory } from "../../../src/permissions/questions.ts";
import { nodeDialer } from "../../../src/platforms/node/dial.ts";
import { codeOf } from "../../kernel/boot.ts";
import { connectedKernel, readAll, serve } from "./machine.ts";

let kernel: Kernel | undefined;
afterEach(() => {
  kernel?.shutdown();
  kernel = undefined;
});

/** The names of a resolver that somebody else controls. */
function boot(network: unknown, names: Record<string, string[][]> = {}) {
  const { set } = normalizePermissions("test", { network } as never);
  const guard = new Guard({
    sets: [set],
    embedder: undefined,
    memory: new SessionMemory(),
    now: Date.now,
  });
  const dialed: Target[] = [];
  const real = nodeDialer();
  const dialer: Dialer = {
    // Another answer each time, where there is more than one.
    lookUp: async (name) => {
      const answers = names[name] ?? [];
      return (answers.length > 1 ? answers.shift() : answers[0]) ?? [];
    },
    connect(target) {
      dialed.push(target);
      return real.connect(target);
    },
  };
  kernel = connectedKernel({ policy: guard.policy, dialer }).kernel;
  return { sys: kernel.init, dialed, kernel };
}

async function attempt(sys: Kernel["init"], address: Uint8Array, port: number): Promise<number> {
  const family = address.length === 4 ? AF_INET : AF_INET6;
  const fd = await sys.socket(family, SOCK_STREAM, 0);
  await sys.connect(fd, { family, address, port, scope: 0 });
  return fd;
}

const bytesOf = (text: string) => (parseIPv4(text) ?? parseIPv6(text)) as Uint8Array;

const INTERNAL = [
  "10.1.2.3",
  "100.64.0.1",
  "169.254.169.254",
  "172.16.0.1",
  "192.168.1.1",
  "192.0.0.192",
  "198.51.100.7",
  "240.0.0.1",
  "::ffff:169.254.169.254",
  "64:ff9b::a9fe:a9fe",
  "64:ff9b:1::a00:1",
  "2002:a9fe:a9fe::1",
  "2001:0:53aa:64c:0:0:5601:5601",
  "fe80::1",
  "fc00::1",
  "fd00:ec2::254",
  "fec0::1",
  "::7f00:1",
];

describe("a machine that may reach everything", () => {
  test.each(INTERNAL)("does not reach %s", async (address) => {
    const { sys, dialed } = boot("allow");
    expect(await codeOf(() => attempt(sys, bytesOf(address), 80))).toBe("EACCES");
    expect(dialed).toEqual([]);
  });

  test.each(["224.0.0.1", "255.255.255.255", "ff02::1"])("has no way to %s", async (address) => {
    const { sys, dialed } = boot("allow");
    expect(await codeOf(() => attempt(sys, bytesOf(address), 80))).toBe("ENETUNREACH");
    expect(dialed).toEqual([]);
  });

  test.each(["0.0.0.0", "::", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])(
    "means itself by %s",
    async (address) => {
      await using server = await serve((socket) => socket.end("host"));
      const { sys, dialed } = boot("allow");
      expect(await codeOf(() => attempt(sys, bytesOf(address), server.port))).toBe("ECONNREFUSED");
      expect(dialed).toEqual([]);
    },
  );

  test.each([
    "2130706433",
    "0177.0.0.1",
    "0x7f.1",
    "127.1",
    "0x7f000001",
    "localhost",
    "a.localhost",
  ])("knows no name %s", async (name) => {
    const { sys, dialed } = boot("allow", { [name]: [["127.0.0.1"]] });
    const found = await sys.getaddrinfo(name, 0);
    for (const address of found) {
      expect(await codeOf(() => attempt(sys, address.slice(), 80))).toMatch(
        /^(EACCES|ECONNREFUSED)$/,
      );
    }
    expect(dialed).toEqual([]);
  });

  test("is not led there by a name, and not by one that changes", async () => {
    await using server = await serve((socket) => socket.end("host"));
    const { sys, dialed } = boot("allow", {
      "private.test": [["127.0.0.1"]],
      "mixed.test": [["10.0.0.1", "::1", "::ffff:192.168.0.1"]],
      // As public as one likes when it is looked up, and something else when it counts.
      "rebinding.test": [["93.184.215.14"], ["127.0.0.1"]],
    });
    for (const name of ["private.test", "mixed.test", "rebinding.test"]) {
      const [address] = await sys.getaddrinfo(name, AF_INET);
      expect(await codeOf(() => attempt(sys, address as Uint8Array, server.port))).toBe("EACCES");
    }
    expect(dialed).toEqual([]);
    expect(server.sockets.size).toBe(0);
  });
});

test("who grants an address lets names lead to it", async () => {
  await using server = await serve((socket) => socket.end("host"));
  const { sys, dialed } = boot(["*", `127.0.0.1:${server.port}`], {
    "private.test": [["10.0.0.1", "127.0.0.1"]],
  });
  const [address] = await sys.getaddrinfo("private.test", AF_INET);
  expect(await readAll(sys, await attempt(sys, address as Uint8Array, server.port))).toBe("host");
  expect(dialed).toEqual([
    { host: "private.test", port: server.port, asked: server.port, addresses: ["127.0.0.1"] },
  ]);
});
