/** Names of the outside inside a machine: their addresses, and the name server. */
import { createSocket } from "node:dgram";
import { setServers } from "node:dns";
import { afterEach, describe, expect, test } from "vitest";
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  type Kernel,
  POLLIN,
  SOCK_DGRAM,
  SOCK_STREAM,
  type Sys,
} from "../../../kernel/index.ts";
import { decodeAnswer, encodeQuery, Type } from "../../../runtimes/node/net/dns/message.ts";
import { parseQuestion } from "../../../src/gateway/dns-message.ts";
import { isVirtual, VirtualNames } from "../../../src/gateway/names.ts";
import { codeOf } from "../../kernel/boot.ts";
import { seeded } from "../../kernel/random.ts";
import { at, connectedKernel, ListPolicy } from "./machine.ts";

describe("addresses of names", () => {
  test("are the same for a name, and lead back to it", () => {
    const names = new VirtualNames();
    const one = names.addressOf("one.test", 4);
    const two = names.addressOf("two.test", 4);
    expect(one).toMatch(/^198\.18\./);
    expect(two).not.toBe(one);
    expect(names.addressOf("one.test", 4)).toBe(one);
    expect(names.nameOf(one)).toBe("one.test");
    const six = names.addressOf("one.test", 6);
    expect(six).toContain(":");
    expect(names.nameOf(six)).toBe("one.test");
    expect(isVirtual(six)).toBe(true);
    expect(names.nameOf("198.18.200.1")).toBeUndefined();
    expect(isVirtual("93.184.215.14")).toBe(false);
  });

  test("are forgotten when thousands of others were asked for, never given to another soon", () => {
    const names = new VirtualNames();
    const first = names.addressOf("first.test", 4);
    const kept = names.addressOf("kept.test", 4);
    for (let i = 0; i < 10_000; i++) {
      names.addressOf(`n${i}.test`, 4);
      if (i % 1000 === 0) expect(names.nameOf(kept)).toBe("kept.test");
    }
    expect(names.nameOf(first)).toBeUndefined();
    expect(names.addressOf("first.test", 4)).not.toBe(first);
    for (let i = 0; i < 130_000; i++) names.addressOf(`m${i}.test`, 4);
    expect(names.nameOf(names.addressOf("last.test", 4))).toBe("last.test");
  });
});

let kernel: Kernel | undefined;
afterEach(() => {
  kernel?.shutdown();
  kernel = undefined;
});

function boot(...allowed: string[]): Sys {
  const policy = new ListPolicy(...allowed);
  const hosts = { "known.test": "127.0.0.1" };
  kernel = connectedKernel({ policy, hosts, hostname: () => "Here" }).kernel;
  return kernel.init;
}

const SERVER = at(53, [198, 18, 0, 2]);

async function ask(sys: Sys, name: string, type: number) {
  const fd = await sys.socket(AF_INET, SOCK_DGRAM, 0);
  await sys.sendmsg(fd, encodeQuery(7, name, type) as Uint8Array, 0, SERVER, []);
  const { data, address } = await sys.recvmsg(fd, 4096, 0);
  expect(address).toMatchObject({ port: 53 });
  await sys.close(fd);
  return decodeAnswer(data);
}

test("the machine's own names lead to itself, and nobody is asked about them", async () => {
  const sys = boot();
  const own = Uint8Array.of(127, 0, 0, 1);
  for (const name of ["here", "localhost", "api.localhost."]) {
    expect(await sys.getaddrinfo(name, AF_UNSPEC)).toEqual([own]);
  }
  expect((await sys.getaddrinfo("here", AF_INET6))[0]?.at(-1)).toBe(1);
});

describe("the name server", () => {
  test("answers with addresses for names that may be looked up", async () => {
    const sys = boot("known.test");
    const [four] = await sys.getaddrinfo("Known.Test.", AF_INET);
    const a = await ask(sys, "known.test", Type.A);
    expect(a).toMatchObject({
      id: 7,
      code: 0,
      records: [{ value: (four as Uint8Array).join(".") }],
    });
    const aaaa = await ask(sys, "KNOWN.test", Type.AAAA);
    expect(aaaa?.records[0]?.value).toMatch(/^fd69:/);
    expect(await ask(sys, "other.test", Type.A)).toMatchObject({ code: 5, records: [] });
    expect(await ask(sys, "other.test", Type.TXT)).toMatchObject({ code: 5 });
    const [six] = await sys.getaddrinfo("known.test", AF_INET6);
    expect(six?.length).toBe(16);
    expect(await codeOf(() => sys.getaddrinfo("other.test", 0))).toBe("EACCES");
  });

  test("answers over TCP, one question after the other", async () => {
    const sys = boot("known.test");
    const fd = await sys.socket(AF_INET, SOCK_STREAM, 0);
    await sys.connect(fd, SERVER);
    for (const id of [1, 2]) {
      const query = encodeQuery(id, "known.test", Type.A) as Uint8Array;
      await sys.write(fd, Uint8Array.of(0, query.length));
      await sys.write(fd, query);
      const buffer = new Uint8Array(512);
      let count = 0;
      while (count < 2 || count < 2 + (buffer[1] as number)) {
        count += await sys.read(fd, buffer.subarray(count));
      }
      expect(decodeAnswer(buffer.subarray(2, count))).toMatchObject({ id, code: 0 });
    }
    const other = await sys.socket(AF_INET, SOCK_STREAM, 0);
    expect(await codeOf(() => sys.connect(other, at(54, [198, 18, 0, 2])))).toBe("EHOSTUNREACH");
  });

  test("asks the host's servers for other records of such names alone", async () => {
    const asked: string[] = [];
    const upstream = createSocket("udp4");
    upstream.on("message", (bytes, { port, address }) => {
      const question = parseQuestion(bytes);
      asked.push(`${question?.name} ${bytes.length}`);
      const text = [0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 9, 0, 3, 2, 104, 105];
      const header = [...bytes.subarray(0, 2), 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0];
      upstream.send(Uint8Array.from([...header, ...bytes.subarray(12), ...text]), port, address);
    });
    await new Promise<void>((done) => upstream.bind(0, "127.0.0.1", done));
    setServers([`127.0.0.1:${upstream.address().port}`]);
    const sys = boot("known.test");
    const answer = await ask(sys, "known.test", Type.TXT);
    expect(answer).toMatchObject({ code: 0, records: [{ value: ["hi"] }] });
    expect(await ask(sys, "other.test", Type.TXT)).toMatchObject({ code: 5 });
    const { length } = encodeQuery(1, "known.test", Type.TXT) as Uint8Array;
    expect(asked).toEqual([`known.test ${length}`]);
    // What a program puts behind its question goes nowhere, nor does a name that servers read otherwise.
    const fd = await sys.socket(AF_INET, SOCK_DGRAM, 0);
    const more = new Uint8Array(length + 300).fill(7);
    more.set(encodeQuery(2, "known.test", Type.TXT) as Uint8Array);
    more[11] = 1;
    await sys.sendmsg(fd, more, 0, SERVER, []);
    expect(decodeAnswer((await sys.recvmsg(fd, 512, 0)).data)).toMatchObject({ id: 2, code: 0 });
    expect(asked[1]).toBe(`known.test ${length + 11}`);
    const escaped = encodeQuery(3, "a6bnown.test", Type.TXT) as Uint8Array;
    escaped[13] = 0x25;
    await sys.sendmsg(fd, escaped, 0, SERVER, []);
    expect(decodeAnswer((await sys.recvmsg(fd, 512, 0)).data)).toMatchObject({ id: 3, code: 5 });
    expect(asked).toHaveLength(2);
    upstream.close();
  });

  test("takes whatever comes", async () => {
    const sys = boot("known.test");
    const random = seeded(5);
    const query = encodeQuery(9, "known.test", Type.A) as Uint8Array;
    const fd = await sys.socket(AF_INET, SOCK_DGRAM, 0);
    for (let i = 0; i < 3000; i++) {
      const bytes = query.slice(0, random.below(query.length + 1));
      if (bytes.length > 0) bytes[random.below(bytes.length)] = random.below(256);
      // Types of other records would ask this host's servers.
      if (parseQuestion(bytes)?.type === Type.A || !parseQuestion(bytes)) {
        await sys.sendmsg(fd, bytes, 0, SERVER, []);
      }
    }
    await sys.ppoll([{ fd, events: POLLIN }], undefined, undefined);
    expect(await ask(sys, "known.test", Type.A)).toMatchObject({ code: 0 });
  });
});
