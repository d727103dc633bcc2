/** Processes and system calls, as a wasm guest and as the shell meet them. */

import { I32, I64, type Import, op, repeat, wasmModule } from "../../support/wasm-module.ts";
import { atMost, type Report, time } from "../harness.ts";
import { createVm, type Vm } from "../library.ts";

const CALLS = 50_000;

export default async function processes(report: Report): Promise<void> {
  await using vm = await createVm();
  // An absolute path, since `true` alone is the shell's own.
  report.add(
    "wasm `true`, spawn to reaped, from the host",
    "ms",
    await time(200, async () => (await vm.spawn(["/usr/bin/true"])).exit, 30),
    { bar: atMost(5) },
  );
  const perLine = 50;
  const loop = `for i in {1..${perLine}}; do /usr/bin/true; done`;
  const spawned = await time(10, () => vm.exec(loop), 2);
  report.add(
    "wasm `true`, spawn to reaped, from the shell",
    "ms",
    spawned.map((ms) => ms / perLine),
    { bar: atMost(5) },
  );
  const subshells = await time(10, () => vm.exec(loop.replace("/usr/bin/true", "(:)")), 2);
  report.add(
    "subshell",
    "ms",
    subshells.map((ms) => ms / perLine),
  );
  const stages = await time(20, () => vm.exec("echo hi | cat | cat | cat"), 3);
  report.add("pipeline of four, three of them wasm", "ms", stages);

  await systemCalls(report, vm);

  const turns = 100_000;
  const counted = await time(10, () => vm.exec(`for ((i = 0; i < ${turns}; i++)); do :; done`), 2);
  report.add(
    "one turn of a shell loop",
    "µs",
    counted.map((ms) => (ms * 1000) / turns),
  );
}

async function systemCalls(report: Report, vm: Vm): Promise<void> {
  const [i32, end] = [op.i32, op.drop];
  const getppid = call("host_process", "proc_getppid", [I32]);
  await add(
    report,
    vm,
    "null system call (getppid) of a wasm guest",
    getppid,
    [...[...i32(64), ...op.call(0), ...end]],
    atMost(15),
  );
  const tell = call("wasi_snapshot_preview1", "fd_seek", [I32, I64, I32, I32]);
  await add(report, vm, "lseek of standard input", tell, [
    // i64.const 0
    ...[...i32(0), 0x42, 0, ...i32(1), ...i32(64), ...op.call(0), ...end],
  ]);
  // One iovec at 0: 64 KiB from address 64.
  const read = call("wasi_snapshot_preview1", "fd_read", [I32, I32, I32, I32]);
  await add(report, vm, "read of 64 KiB from /dev/zero", read, [
    ...[...i32(0), ...i32(0), ...i32(1), ...i32(16), ...op.call(0), ...end],
  ]);
}

async function add(
  report: Report,
  vm: Vm,
  name: string,
  imported: Import,
  once: readonly number[],
  bar?: ReturnType<typeof atMost>,
): Promise<void> {
  const samples: number[] = [];
  const runs = [0, CALLS].map(async (count) => {
    const body = count === 0 ? [] : repeat(count, once);
    const data = "\x40\0\0\0\0\0\x01\0";
    const guest = wasmModule({ imports: [imported], pages: 4, locals: [I32], data, body });
    await vm.fs.writeFile(`/home/user/calls-${count}`, guest, { mode: 0o755 });
  });
  await Promise.all(runs);
  for (let turn = -1; turn < 7; turn += 1) {
    const [none] = await time(1, () => vm.exec("./calls-0 < /dev/zero"), 0);
    const [many] = await time(1, () => vm.exec(`./calls-${CALLS} < /dev/zero`), 0);
    if (turn >= 0) samples.push((((many as number) - (none as number)) * 1000) / CALLS);
  }
  report.add(name, "µs", samples, bar ? { bar } : {});
}

function call(module: string, name: string, parameters: readonly number[]): Import {
  return { module, name, parameters, results: [I32] };
}
