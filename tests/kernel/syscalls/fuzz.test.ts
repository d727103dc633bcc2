/**
 * Every system call with arguments that make no sense, or almost do, as a guest could send them: it
 * answers with a value or an errno, and the machine goes on.
 */
import { afterEach, expect, test } from "vitest";
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  AT_FDCWD,
  encodeUtf8,
  type Gate,
  type Kernel,
  KernelError,
  O_CREAT,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  ProcessGone,
  Signal,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type SyscallName,
} from "../../../kernel/index.ts";
import { type Codec, Reader, Writer } from "../../../kernel/syscalls/codec.ts";
import { syscallsByNumber } from "../../../kernel/syscalls/table.ts";
import { bootKernel, now, run, turns } from "../boot.ts";
import { inet, inet6, unix } from "../net/sockets.ts";
import { type Random, seeded } from "../random.ts";
import { openTerminal } from "../tty/pty.ts";

let kernel: Kernel;
afterEach(() => kernel.shutdown());

const CALLS = 12_000;

const NAMES = [
  "",
  ".",
  "..",
  "/",
  "a",
  "b",
  "a/b",
  "/tmp",
  "/tmp/x",
  "/bin/nothing",
  "/dev/null",
  "\0",
];
const NUMBERS = [0, 1, 2, 3, 4, 5, 8, 16, 63, 64, 100, 1000, 0o100, 0o777, 65_536, 2 ** 31 - 1];

const ADDRESSES = [
  inet(0),
  inet(40_000),
  inet(40_000, [0, 0, 0, 0]),
  inet(80, [10, 0, 0, 1]),
  inet6(40_000),
  unix("/tmp/s"),
  unix("\0s"),
  unix(""),
];

/** Plausible values by the codec's name, and random bits now and then. */
function argument(codec: Codec<unknown>, random: Random): unknown {
  const number = () =>
    random.pick([random.pick(NUMBERS), -random.pick(NUMBERS), random.below(2 ** 32)]);
  switch (codec.name) {
    case "i32":
      return random.pick([number() | 0, random.below(6), -100]);
    case "u32":
      return random.pick([number() >>> 0, random.below(6)]);
    case "f64":
      return random.pick([
        number(),
        0.5,
        -0,
        Number.NaN,
        Number.POSITIVE_INFINITY,
        2 ** 53,
        -(2 ** 60),
      ]);
    case "i64":
    case "u64":
      return random.pick([0n, 1n, 1000n, 2n ** 63n - 1n, BigInt(random.below(2 ** 32))]);
    case "bool":
      return random.below(2) === 1;
    case "str":
      return random.pick([...NAMES, "x".repeat(random.below(5000)), "\udcff", "user.a"]);
    case "bytes":
    case "out":
      return new Uint8Array(random.below(5) === 0 ? random.below(70_000) : random.below(50));
    case "SocketAddress":
      return random.pick([...ADDRESSES, ...ADDRESSES, record(codec, random)]);
    default:
      return record(codec, random);
  }
}

/** Lists, options and records: whatever random bytes mean to the codec. */
function record(codec: Codec<unknown>, random: Random): unknown {
  for (;;) {
    const area = new Uint8Array(400);
    const writer = new Writer(area);
    while (writer.at < 380) {
      const word = random.pick([0, 0, 1, 1, 2, 3, random.below(12), random.below(2 ** 32)]);
      writer.view.setUint32(writer.take(4), word, true);
      if (random.below(6) === 0) writer.bytes.set(encodeUtf8("/tmp"), writer.take(4));
    }
    try {
      return codec.read(new Reader(area, 0, area.length, area));
    } catch (reason) {
      if (!(reason instanceof KernelError)) throw reason;
    }
  }
}

/** A process that does nothing by itself, to make calls through, with something of every kind open. */
function victim(random: Random): Gate {
  const pid = kernel.init.fork(() => new Promise(() => {}), random.pick([{}, { pgroup: 0 }]));
  const gate = kernel.processes.get(pid)?.gate as Gate;
  if (random.below(2) === 0) gate.invoke("setresuid", [1000, 1000, 1000]);
  if (random.below(2) === 0 && gate.process.group.id === 1) gate.invoke("setsid", []);
  for (const [path, flags] of OPENED) {
    try {
      gate.invoke("openat", [AT_FDCWD, path, flags, 0o666]);
    } catch {
      // An earlier one has taken it away, or keeps it to itself.
    }
  }
  gate.invoke("pipe2", [random.pick([0, O_NONBLOCK])]);
  openSockets(gate, random);
  return gate;
}

function openSockets(gate: Gate, random: Random): void {
  const flags = random.pick([0, SOCK_NONBLOCK]);
  gate.invoke("socketpair", [AF_UNIX, random.pick([SOCK_STREAM, SOCK_DGRAM]) | flags, 0]);
  gate.invoke("socket", [random.pick([AF_INET, AF_INET6]), SOCK_DGRAM | flags, 0]);
  const listener = gate.invoke("socket", [AF_INET, SOCK_STREAM | flags, 0]) as number;
  gate.invoke("listen", [listener, 2]);
  const client = gate.invoke("socket", [AF_INET, SOCK_STREAM | flags, 0]);
  gate.invoke("connect", [client, gate.invoke("getsockname", [listener])]);
}

const OPENED: [string, number][] = [
  ["/tmp/x", O_RDWR | O_CREAT],
  ["/tmp", O_RDONLY],
  ["/dev/pts/0", O_RDWR],
  ["/dev/ptmx", O_RDWR],
];

/** True where the call succeeded at once. */
async function attempt(gate: Gate, name: SyscallName, args: unknown[]): Promise<boolean> {
  const judge = (reason: unknown) => {
    if (reason instanceof KernelError || reason instanceof ProcessGone) return;
    throw new Error(`${name}(${args.map((value) => show(value)).join(", ")})`, { cause: reason });
  };
  try {
    const result = gate.invoke(name, args);
    if (!(result instanceof Promise)) return true;
    const answer = result.catch(judge);
    await turns(1);
    await kernel.init.kill(gate.process.pid, Signal.SIGKILL);
    await answer;
  } catch (reason) {
    judge(reason);
  }
  return false;
}

function show(value: unknown): string {
  return value instanceof Uint8Array
    ? `[${value.length} bytes]`
    : JSON.stringify(value, (_key, part) => (typeof part === "bigint" ? `${part}n` : part));
}

test("no argument of any call is a fault of the kernel", async () => {
  kernel = bootKernel({ nothing: () => 0 }, { limits: { processes: 60, disk: 1 << 24 } });
  const random = seeded(8);
  now(kernel.init.fchmodat(AT_FDCWD, "/tmp", 0o777, 0));
  openTerminal(kernel);
  for (const path of ["/dev/ptmx", "/dev/pts/0"]) {
    now(kernel.init.fchmodat(AT_FDCWD, path, 0o666, 0));
  }
  // The machine as a whole stays in place.
  const calls = syscallsByNumber.filter(
    ({ name }) => !["mount", "umount2", "chroot"].includes(name),
  );
  let gate = victim(random);
  const answered = new Set<string>();
  for (let i = 0; i < CALLS; i++) {
    const { name, definition } = random.pick(calls);
    const args = definition.parameters.map(({ codec }) =>
      argument(codec as Codec<unknown>, random),
    );
    if (await attempt(gate, name, args)) answered.add(name);
    if (!gate.closed && !gate.process.stopped && random.below(100) > 0) continue;
    await kernel.init.kill(gate.process.pid, Signal.SIGKILL);
    await kernel.init.wait4(gate.process.pid, 0);
    gate = victim(random);
  }
  // Most calls succeed now and then, so that what lies behind the checks is met, too.
  expect(answered.size).toBeGreaterThan(calls.length * 0.7);
  expect(now(kernel.init.getpid())).toBe(1);
  expect(await run(kernel, () => 5)).toBe(5 << 8);
});
