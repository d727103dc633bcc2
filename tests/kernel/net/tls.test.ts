/** TLS behind descriptors: the host's library, and handshakes that a gateway makes. */
import { afterEach, expect, test } from "vitest";
import {
  Errno,
  type Gateway,
  type Kernel,
  KernelError,
  type TlsOptions,
  type TlsSession,
} from "../../../kernel/index.ts";
import { type Answer, pack, unpack } from "../../../runtimes/node/tls/messages.ts";
import { nodeTls } from "../../../src/platforms/node/tls/index.ts";
import { connect, readAll } from "../../src/gateway/machine.ts";
import { bootKernel, codeOf, nodeHost, now } from "../boot.ts";

let kernel: Kernel;
afterEach(() => kernel.shutdown());

const ROOM = 1 << 20;
const OUTSIDE = [93, 184, 215, 14];

function boot(): Kernel {
  kernel = bootKernel({}, { host: { ...nodeHost, tls: nodeTls } });
  return kernel;
}

/** Asks in a message, and fetches the answer in pieces of `room`. */
async function ask(
  fd: number,
  operation: string,
  values: readonly unknown[] = [],
  { others = [] as number[], room = ROOM } = {},
): Promise<Answer> {
  const target = Buffer.alloc(room);
  const parts: Buffer[] = [];
  let message = pack({ operation, values });
  for (let left = 1; left > 0; ) {
    const filled = await kernel.init.tls_call(fd, others, target, message);
    left = target.readUInt32LE(0) - (filled - 4);
    parts.push(Buffer.from(target.subarray(4, filled)));
    message = new Uint8Array();
  }
  return unpack(Buffer.concat(parts)) as Answer;
}

test("an answer is fetched in pieces, and until then there is no other", async () => {
  const { init } = boot();
  const whole = (await ask(-1, "roots")).value as string[];
  expect(whole.length).toBeGreaterThan(100);
  const fd = now(init.tls_open("context", -1));
  await ask(fd, "init", [null, 0x0303, 0x0304]);
  const target = Buffer.alloc(6);
  const keys = pack({ operation: "getTicketKeys", values: [] });
  await init.tls_call(fd, [], target, keys);
  expect(await codeOf(() => init.tls_call(fd, [], target, keys))).toBe("EBUSY");
  now(init.close(fd));
  const other = now(init.tls_open("context", -1));
  await ask(other, "init", [null, 0x0303, 0x0304]);
  const { value } = await ask(other, "getTicketKeys", [], { room: 9 });
  expect((value as Uint8Array).length).toBe(48);
});

test("a context serves connections after its descriptor is closed", async () => {
  const { init } = boot();
  const context = now(init.tls_open("context", -1));
  await ask(context, "init", [null, 0x0303, 0x0304]);
  const client = now(init.tls_open("client", context));
  now(init.close(context));
  const { events = [] } = await ask(client, "start");
  expect(events.map(([name]) => name)).toContain("send");
  await ask(client, "enableKeylogCallback");
});

test("what is no message, or not about TLS, is EINVAL", async () => {
  const { init } = boot();
  const target = Buffer.alloc(64);
  const call = (fd: number, message: Uint8Array, others: number[] = []) =>
    codeOf(() => init.tls_call(fd, others, target, message));
  const fd = now(init.tls_open("context", -1));
  for (const message of ["", "????", "\x02\0\0\0{}", '\x10\0\0\0{"operation":1}']) {
    expect(await call(fd, Buffer.from(message, "latin1"))).toBe("EINVAL");
  }
  const deep = Buffer.from(`....${"[".repeat(200_000)}`);
  deep.writeUInt32LE(deep.length - 4);
  expect(await call(fd, deep)).toBe("EINVAL");
  expect(await call(fd, new Uint8Array(ROOM + 1))).toBe("EMSGSIZE");
  expect(await call(0, pack({ operation: "init", values: [] }))).toBe("EBADF");
  expect(await codeOf(() => init.tls_open("client", -1))).toBe("EINVAL");
  expect(await codeOf(() => init.tls_open("__proto__", fd))).toBe("EINVAL");
  // The control: the same descriptor answers a question.
  expect(await ask(fd, "init", [null, 0, 0])).not.toHaveProperty("error");
});

test("what TLS holds of the host's memory is bounded", async () => {
  const { init } = boot();
  const open = () => now(init.tls_open("context", -1));
  const found: number[] = [];
  let code = "OK";
  while (code === "OK") code = await codeOf(() => found.push(open()));
  expect(["ENOMEM", "EMFILE"]).toContain(code);
  now(init.close(found.pop() as number));
  expect(await codeOf(open)).toBe("OK");
});

test("answers that nobody fetches count as held", async () => {
  const answer = new Uint8Array(1 << 20);
  const object = { holds: 0, call: () => answer, close() {} };
  kernel = bootKernel(
    {},
    { host: { ...nodeHost, tls: { ask: () => answer, open: () => object } } },
  );
  const { init } = kernel;
  const message = Uint8Array.of(1);
  const open = () => now(init.tls_open("context", -1));
  const begin = (fd: number) => init.tls_call(fd, [], Buffer.alloc(5), message);
  const found: number[] = [];
  for (let code = "OK"; code === "OK" && found.length < 1000; ) {
    found.push(open());
    code = await codeOf(() => begin(found.at(-1) as number));
  }
  expect(found.length).toBeLessThan(256);
  // Whoever fetches the whole gives it back.
  const target = Buffer.alloc(ROOM + 4);
  await init.tls_call(found[0] as number, [], target, new Uint8Array());
  expect(await codeOf(() => begin(found.at(-1) as number))).toBe("OK");
});

test("a host without TLS says so", async () => {
  kernel = bootKernel();
  const { init } = kernel;
  expect(await codeOf(() => init.tls_open("context", -1))).toBe("ENOSYS");
  const message = pack({ operation: "roots", values: [] });
  expect(await codeOf(() => init.tls_call(-1, [], Buffer.alloc(64), message))).toBe("ENOSYS");
});

const SESSION: TlsSession = {
  authorized: true,
  authorizationError: undefined,
  alpnProtocol: "http/1.1",
  protocol: "TLSv1.3",
  cipher: { name: "A", standardName: "A", version: "TLSv1.3" },
  peerCertificates: [Uint8Array.of(0x30, 0x0f)],
};
const WANTED = { servername: "a.test", alpnProtocols: ["http/1.1"], rejectUnauthorized: true };

/** A machine whose gateway takes every connection; `startTls` is what it makes of a handshake. */
function bootOutside(startTls: (options: TlsOptions) => Promise<TlsSession>): Kernel {
  kernel = bootKernel();
  kernel.network.gateway = {
    resolve: () => [],
    connect: () => ({ begin() {}, abandon() {}, startTls }),
    send() {},
    forget() {},
  } as unknown as Gateway;
  return kernel;
}

test("the gateway's handshake is read from a descriptor, once", async () => {
  const asked: TlsOptions[] = [];
  const { init } = bootOutside(async (options) => {
    asked.push(options);
    return SESSION;
  });
  const socket = await connect(init, 443, OUTSIDE);
  const fd = now(init.tls_connect(socket, JSON.stringify({ ...WANTED, key: "K" }), 0));
  expect(JSON.parse(await readAll(init, fd))).toEqual({
    ...JSON.parse(JSON.stringify(SESSION)),
    peerCertificates: ["300f"],
  });
  expect(asked).toEqual([{ ...WANTED, key: "K" }]);
  expect(await codeOf(() => init.tls_connect(socket, JSON.stringify(WANTED), 0))).toBe("EALREADY");
});

test("a handshake can be waited for, and fails with the gateway's error", async () => {
  let settle: (reason: unknown) => void = () => {};
  const { init } = bootOutside(
    () =>
      new Promise((_, reject) => {
        settle = reject;
      }),
  );
  const socket = await connect(init, 443, OUTSIDE);
  const O_NONBLOCK = 0o4000;
  const fd = now(init.tls_connect(socket, JSON.stringify(WANTED), O_NONBLOCK));
  const buffer = new Uint8Array(16);
  expect(await codeOf(() => init.read(fd, buffer))).toBe("EAGAIN");
  const polled = init.ppoll([{ fd, events: 1 }], undefined, undefined);
  settle(new KernelError(Errno.EACCES));
  expect(await polled).toEqual([1]);
  expect(await codeOf(() => init.read(fd, buffer))).toBe("EACCES");
});

test("only what leaves the machine has a gateway, and options are what they should be", async () => {
  const { init } = bootOutside(async () => SESSION);
  const [one] = now(init.socketpair(1, 1, 0)) as [number, number];
  const text = JSON.stringify(WANTED);
  expect(await codeOf(() => init.tls_connect(one, text, 0))).toBe("EOPNOTSUPP");
  const socket = await connect(init, 443, OUTSIDE);
  const bad = [
    "",
    "null",
    "{}",
    '{"servername":1}',
    JSON.stringify({ ...WANTED, servername: "x".repeat(300) }),
    JSON.stringify({ ...WANTED, alpnProtocols: [1] }),
    JSON.stringify({ ...WANTED, ca: "x" }),
    JSON.stringify({ ...WANTED, rejectUnauthorized: "no" }),
  ];
  for (const options of bad) {
    expect(await codeOf(() => init.tls_connect(socket, options, 0))).toBe("EINVAL");
  }
  expect(await codeOf(() => init.tls_connect(socket, text, 0))).toBe("OK");
});
