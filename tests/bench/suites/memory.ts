/** What a machine costs while it idles, and what 1,000 of them leave behind. */

import { atMost, type Report, settledMemory } from "../harness.ts";
import { createVm, type Vm } from "../library.ts";

const MB = 1e6;

export default async function memory(report: Report): Promise<void> {
  // What the first machines bring into the process (the image, the pools) is not theirs.
  for (let turn = 0; turn < 20; turn += 1) await useOne();

  const before = await settledMemory();
  const idle: Vm[] = [];
  for (let index = 0; index < 200; index += 1) {
    const vm = await createVm();
    await vm.exec("echo hi");
    idle.push(vm);
  }
  const full = await settledMemory();
  report.add("idle VM after one echo, over 200", "MB", [(full - before) / MB / idle.length], {
    bar: atMost(0.5),
  });
  await Promise.all(idle.map((vm) => vm.dispose()));
  idle.length = 0;
  const after = await settledMemory();
  report.add("left of each of the 200 after dispose", "MB", [(after - before) / MB / 200]);

  const start = await settledMemory();
  const threads = process.getActiveResourcesInfo().length;
  for (let turn = 0; turn < 1000; turn += 1) await useOne();
  const end = await settledMemory();
  report.add("memory after 1,000 VMs created, used, disposed", "times", [end / start], {
    bar: atMost(1.1),
    note: `${(start / MB).toFixed(0)} MB before, ${(end / MB).toFixed(0)} MB after`,
  });
  report.add("handles more than before", "", [process.getActiveResourcesInfo().length - threads], {
    bar: atMost(0),
  });
}

/** A machine that runs a builtin, a wasm program and a pipeline, and writes a file. */
async function useOne(): Promise<void> {
  await using vm = await createVm();
  await vm.fs.writeFile("/home/user/a.txt", "one\ntwo\n");
  const { stdout } = await vm.exec("echo hi; wc -l < a.txt; seq 10 | tail -n 1");
  if (stdout !== "hi\n2\n10\n") throw new Error(`the machine said ${JSON.stringify(stdout)}`);
}
