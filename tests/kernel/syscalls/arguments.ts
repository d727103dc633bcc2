/** Arguments of system calls that make no sense, or almost do, as a hostile guest could send them. */
import { encodeUtf8, KernelError } from "../../../kernel/index.ts";
import { type Codec, Reader, Writer } from "../../../kernel/syscalls/codec.ts";
import { inet, inet6, unix } from "../net/sockets.ts";
import type { Random } from "../random.ts";

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
export function argument(codec: Codec<unknown>, random: Random): unknown {
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
