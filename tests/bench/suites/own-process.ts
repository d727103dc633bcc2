/** What a process of its own costs a machine, beside the process's Worker: turn by turn, so that load falls on both. */
import { readdirSync, readFileSync } from "node:fs";
import { type Report, time } from "../harness.ts";
import { createVm, type Vm } from "../library.ts";

const KERNELS = ["worker", "process"] as const;
type Kernel = (typeof KERNELS)[number];

const WORDS: Readonly<Record<Kernel, string>> = {
  worker: "in the Worker",
  process: "in a process of its own",
};
const MEGABYTES = 64;

export default async function ownProcess(report: Report): Promise<void> {
  await compare(report, "createVm", "ms", 20, async (kernel) => {
    const started = performance.now();
    const vm = await createVm({ kernel });
    const took = performance.now() - started;
    await vm.dispose();
    return took;
  });
  await using worker = await createVm({ kernel: "worker" });
  const idle = { before: children(), vm: await createVm({ kernel: "process" }) };
  await using own = idle.vm;
  const [pid] = children().filter((each) => !idle.before.includes(each));
  const vms: Record<Kernel, Vm> = { worker, process: own };
  await each("exec echo", (vm) => vm.exec("echo hi"));
  await worker.fs.writeFile("/tmp/small", "x".repeat(100));
  await own.fs.writeFile("/tmp/small", "x".repeat(100));
  if (pid !== undefined && process.platform === "linux") {
    await new Promise((wake) => setTimeout(wake, 3000));
    report.add("memory of an idle machine's process, its share", "MB", [proportionalSize(pid)]);
  }
  await each("fs.stat", (vm) => vm.fs.stat("/tmp/small"));
  await each("fs.readFile of 100 bytes", (vm) => vm.fs.readFile("/tmp/small"));
  for (const vm of Object.values(vms)) {
    await vm.fs.writeFile("/tmp/large", new Uint8Array(MEGABYTES << 20));
  }
  await compare(report, "a stream of 64 MiB out of the machine", "MB/s", 10, async (kernel) => {
    const started = performance.now();
    const { stdout } = await vms[kernel].spawn(["cat", "/tmp/large"]);
    for await (const _ of stdout);
    return MEGABYTES / ((performance.now() - started) / 1000);
  });

  function each(name: string, work: (vm: Vm) => Promise<unknown>): Promise<void> {
    return compare(report, name, "ms", 300, async (kernel) => {
      const [took = 0] = await time(1, () => work(vms[kernel]), 0);
      return took;
    });
  }
}

/** One line for each kernel. */
async function compare(
  report: Report,
  name: string,
  unit: string,
  turns: number,
  sample: (kernel: Kernel) => Promise<number>,
): Promise<void> {
  const samples: Record<Kernel, number[]> = { worker: [], process: [] };
  for (const kernel of KERNELS) await sample(kernel);
  for (let turn = 0; turn < turns; turn += 1) {
    for (const kernel of KERNELS) samples[kernel].push(await sample(kernel));
  }
  for (const kernel of KERNELS) report.add(`${name}, ${WORDS[kernel]}`, unit, samples[kernel]);
}

/** Of this process; Linux tells. */
function children(): string[] {
  if (process.platform !== "linux") return [];
  const tasks = readdirSync("/proc/self/task");
  const lists = tasks.map((task) => readFileSync(`/proc/self/task/${task}/children`, "utf8"));
  return lists.flatMap((list) => list.split(" ").filter(Boolean));
}

function proportionalSize(pid: string): number {
  const [, kilobytes] =
    /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8")) ?? [];
  return Number(kilobytes) / 1024;
}
