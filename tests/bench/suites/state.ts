/** Machines that are kept: fork, commit, restore, in memory and in a directory. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { atMost, type Report, time } from "../harness.ts";
import { createVm, directoryStore, memoryStore, type Store } from "../library.ts";

const COUNT = 1000;
const ROUNDS = 7;

export default async function state(report: Report): Promise<void> {
  await forks(report);
  const folder = mkdtempSync(join(tmpdir(), "isopod-bench-"));
  await kept(report, "memory", memoryStore("bench"));
  await kept(report, "a directory", directoryStore(folder));
  rmSync(folder, { recursive: true });
}

async function forks(report: Report): Promise<void> {
  await using vm = await createVm();
  const samples: number[] = [];
  for (let i = 0; i < 100; i++) {
    await vm.fs.writeFile("/home/user/little", String(i));
    const start = performance.now();
    const fork = await vm.fork();
    samples.push(performance.now() - start);
    await fork.dispose();
  }
  report.add("fork after a small change", "ms", samples, { bar: atMost(1) });
}

async function kept(report: Report, where: string, store: Store): Promise<void> {
  const name = "bench";
  const commits: number[] = [];
  const little: number[] = [];
  const restores: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const vm = await createVm({ store, name, commit: "manual" });
    const folder = `/tmp/round${round}`;
    await vm.fs.mkdir(folder);
    const line = `for i in {1..${COUNT}}; do printf '%02048d' $RANDOM$i > ${folder}/$i; done`;
    await vm.exec(line);
    commits.push((await time(1, () => vm.commit(), 0))[0] as number);
    await vm.fs.writeFile(`${folder}/7`, String(round));
    little.push((await time(1, () => vm.commit(), 0))[0] as number);
    await vm.dispose();
    const start = performance.now();
    const again = await createVm({ store, name, commit: "manual" });
    await again.fs.readFile(`${folder}/500`);
    restores.push(performance.now() - start);
    await again.dispose();
  }
  report.add(`commit of 1,000 files of 2 KB to ${where}`, "ms", commits);
  report.add(`commit of one small change to ${where}`, "ms", little);
  report.add(`restore from ${where} to the first file read`, "ms", restores);
}
