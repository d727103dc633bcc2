/** What 1,000 machines, created, used and disposed, leave behind in their process. */
import { readdirSync } from "node:fs";
import { atMost, type Report, settledMemory } from "../harness.ts";
import { createVm } from "../library.ts";

const MB = 1e6;
/** Machines after which V8's heaps have the size that they keep. */
const WARM = 600;
const COUNT = 1000;

interface Counts {
  readonly memory: number;
  readonly threads: number;
  readonly descriptors: number;
}

export default async function leaks(report: Report): Promise<void> {
  for (let turn = 0; turn < WARM; turn += 1) await useOne();
  const before = await count();
  for (let turn = 0; turn < COUNT; turn += 1) await useOne();
  const after = await count();
  report.add(
    `memory after ${COUNT} VMs created, used, disposed`,
    "times",
    [after.memory / before.memory],
    {
      bar: atMost(1.1),
      note: `${(before.memory / MB).toFixed(0)} MB before, ${(after.memory / MB).toFixed(0)} MB after`,
    },
  );
  const none = { bar: atMost(0) };
  report.add("threads more than before", "", [after.threads - before.threads], none);
  report.add("descriptors more than before", "", [after.descriptors - before.descriptors], none);
}

/** A machine that runs a builtin, a wasm program and a pipeline, and writes a file. */
async function useOne(): Promise<void> {
  await using vm = await createVm();
  await vm.fs.writeFile("/home/user/a.txt", "one\ntwo\n");
  const { stdout } = await vm.exec("echo hi; wc -l < a.txt; seq 10 | tail -n 1");
  if (stdout !== "hi\n2\n10\n") throw new Error(`the machine said ${JSON.stringify(stdout)}`);
}

async function count(): Promise<Counts> {
  const memory = await settledMemory();
  return {
    memory,
    threads: countOf("/proc/self/task"),
    descriptors: countOf("/proc/self/fd"),
  };
}

/** Linux only; elsewhere nothing is counted. */
function countOf(folder: string): number {
  return process.platform === "linux" ? readdirSync(folder).length : 0;
}
