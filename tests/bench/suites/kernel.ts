/** The kernel alone, in this thread: what a system call of an in-kernel program costs. */
import { AT_FDCWD, type Kernel, O_CREAT, O_RDWR, type Sys } from "../../../kernel/index.ts";
import { bootKernel, NO_ATTRIBUTES, now } from "../../kernel/boot.ts";
import { atLeast, atMost, type Report, time } from "../harness.ts";

const CALLS = 20_000;
const TURNS = 15;
const THROUGHPUT = 2 ** 29;

export default async function kernelAlone(report: Report): Promise<void> {
  const kernel = bootKernel({ nothing: () => 0 });
  const { init } = kernel;
  const each = (samples: number[], calls: number) => samples.map((ms) => (ms * 1e6) / calls);
  const line = async (name: string, act: () => unknown, bar?: number) => {
    const samples = await time(TURNS, () => {
      for (let i = 0; i < CALLS; i++) act();
    });
    report.add(name, "ns", each(samples, CALLS), bar === undefined ? {} : { bar: atMost(bar) });
  };

  await line("getpid", () => init.getpid(), 1000);
  const file = now(init.openat(AT_FDCWD, "/tmp/file", O_RDWR | O_CREAT, 0o600));
  const block = new Uint8Array(64);
  now(init.write(file, new Uint8Array(4096)));
  await line("pread of 64 B, memory file", () => init.pread64(file, block, 0), 1000);
  await line("pwrite of 64 B, memory file", () => init.pwrite64(file, block, 0), 1000);
  await line("open and close", () =>
    now(init.close(now(init.openat(AT_FDCWD, "/tmp/file", 0, 0)))),
  );
  const [reader, writer] = now(init.pipe2(0)) as [number, number];
  await line("write and read of 64 B, pipe", () => {
    init.write(writer, block);
    init.read(reader, block);
  });

  const waited = async (pid: number) => void (await init.wait4(pid, 0));
  const forks = await time(TURNS, async () => {
    for (let i = 0; i < 500; i++) await waited(init.fork(() => 0));
  });
  report.add("fork, exit, wait", "ns", each(forks, 500));
  const spawns = await time(TURNS, async () => {
    for (let i = 0; i < 500; i++) {
      await waited(await init.spawn("/bin/nothing", ["nothing"], [], [], NO_ATTRIBUTES));
    }
  });
  report.add("spawn, exit, wait", "ns", each(spawns, 500));

  const rounds = await time(TURNS, () => pingPong(kernel, 5000));
  report.add("ping-pong over two pipes, per round", "ns", each(rounds, 5000));
  const moved = await time(7, () => pump(init));
  const rates = moved.map((ms) => THROUGHPUT / 1e3 / ms);
  report.add("pipe, 64 KiB writes", "MB/s", rates, { bar: atLeast(500) });
  kernel.shutdown();
}

async function pingPong({ init }: Kernel, rounds: number): Promise<void> {
  const [a, b] = [now(init.pipe2(0)), now(init.pipe2(0))] as [[number, number], [number, number]];
  const player = (from: number, to: number) => async (sys: Sys) => {
    const ball = new Uint8Array(1);
    for (let i = 0; i < rounds; i++) {
      await sys.read(from, ball);
      await sys.write(to, ball);
    }
    return 0;
  };
  const players = [init.fork(player(a[0], b[1])), init.fork(player(b[0], a[1]))];
  now(init.write(a[1], new Uint8Array(1)));
  for (const pid of players) await init.wait4(pid, 0);
  for (const fd of [...a, ...b]) now(init.close(fd));
}

async function pump(init: Sys): Promise<void> {
  const [reader, writer] = now(init.pipe2(0)) as [number, number];
  const source = init.fork(async (sys) => {
    const block = new Uint8Array(65_536);
    for (let sent = 0; sent < THROUGHPUT; sent += block.length) await sys.write(writer, block);
    return 0;
  });
  now(init.close(writer));
  const buffer = new Uint8Array(65_536);
  while ((await init.read(reader, buffer)) > 0);
  await init.wait4(source, 0);
  now(init.close(reader));
}
