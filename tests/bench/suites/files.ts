/** Small and large files, through the API and inside. */

import { type Report, time } from "../harness.ts";
import { createVm } from "../library.ts";

const COUNT = 1000;

export default async function files(report: Report): Promise<void> {
  await using vm = await createVm();
  const each = (samples: number[], count = COUNT): number[] =>
    samples.map((ms) => (ms * 1000) / count);
  const names = Array.from({ length: COUNT }, (_, index) => `/tmp/many/${index}`);
  await vm.fs.mkdir("/tmp/many");

  const inTurn = async (act: (name: string) => Promise<unknown>): Promise<void> => {
    for (const name of names) await act(name);
  };
  const write = await time(5, () => inTurn((name) => vm.fs.writeFile(name, "small")), 1);
  report.add("vm.fs.writeFile of 5 B, one by one", "µs", each(write));
  const read = await time(5, () => inTurn((name) => vm.fs.readFile(name)), 1);
  report.add("vm.fs.readFile of 5 B, one by one", "µs", each(read));
  const stat = await time(5, () => inTurn((name) => vm.fs.stat(name)), 1);
  report.add("vm.fs.stat, one by one", "µs", each(stat));
  const atOnce = await time(5, () => Promise.all(names.map((name) => vm.fs.readFile(name))), 1);
  report.add("vm.fs.readFile of 5 B, 1,000 at once", "µs", each(atOnce));

  const shell = (line: string, count: number): Promise<number[]> =>
    time(5, () => vm.exec(line), 1).then((samples) => each(samples, count));
  report.add(
    "create a file, from the shell",
    "µs",
    await shell("rm -rf /tmp/s; mkdir /tmp/s; for i in {1..1000}; do : > /tmp/s/$i; done", COUNT),
  );
  report.add(
    "stat a file, from the shell",
    "µs",
    await shell("for i in {1..1000}; do [ -f /tmp/s/$i ]; done", COUNT),
  );
  report.add(
    "ls -l of 1,000 files",
    "ms",
    await time(7, () => vm.exec("ls -l /tmp/many > /dev/null"), 1),
  );
  report.add(
    "find of 1,000 files",
    "ms",
    await time(7, () => vm.exec("find /tmp/many > /dev/null"), 1),
  );
  report.add(
    "rg in 1,000 files",
    "ms",
    await time(7, () => vm.exec("rg -c small /tmp/many > /dev/null"), 1),
  );

  const big = new Uint8Array(64 * 2 ** 20).fill(7);
  const rate = (samples: number[]): number[] => samples.map((ms) => big.length / 1e3 / ms);
  report.add(
    "vm.fs.writeFile of 64 MiB",
    "MB/s",
    rate(await time(5, () => vm.fs.writeFile("/tmp/big", big), 1)),
  );
  report.add(
    "vm.fs.readFile of 64 MiB",
    "MB/s",
    rate(await time(5, () => vm.fs.readFile("/tmp/big"), 1)),
  );
}
