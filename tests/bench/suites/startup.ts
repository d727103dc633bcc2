/** How long it takes until a machine says its first word. */
import { fork } from "node:child_process";
import { atMost, type Report, time } from "../harness.ts";
import { createVm } from "../library.ts";

const FIRST = new URL("../first-vm.ts", import.meta.url);

export default async function startup(report: Report): Promise<void> {
  const firsts = [];
  for (let turn = 0; turn < 12; turn += 1) firsts.push(await firstOfProcess());
  const counted = firsts.slice(2);
  report.add(
    "first VM of a process: createVm() to the first echo",
    "ms",
    counted.map(({ vm }) => vm),
    { bar: atMost(150) },
  );
  report.add(
    "the same with loading the library",
    "ms",
    counted.map(({ load, vm }) => load + vm),
  );
  report.add(
    "the same with starting Node",
    "ms",
    counted.map(({ whole }) => whole),
  );

  const samples = await time(
    100,
    async () => {
      const vm = await createVm();
      const { stdout } = await vm.exec("echo hi");
      if (stdout !== "hi\n") throw new Error(`echo said ${stdout}`);
      void vm.dispose();
    },
    10,
  );
  report.add("new VM in a warm process, to the first echo", "ms", samples, { bar: atMost(2) });

  await using vm = await createVm();
  report.add("exec echo in a warm VM", "ms", await time(300, () => vm.exec("echo hi"), 30), {
    bar: atMost(1),
  });
  report.add(
    "create and dispose, nothing run",
    "ms",
    await time(100, async () => (await createVm()).dispose(), 10),
  );
}

interface First {
  /** Milliseconds. */
  readonly load: number;
  readonly vm: number;
  readonly whole: number;
}

function firstOfProcess(): Promise<First> {
  const started = performance.now();
  const child = fork(FIRST, { execArgv: ["--no-warnings"] });
  return new Promise((settle, fail) => {
    child.on("error", fail);
    child.on("message", (message) => {
      const { load, vm } = message as { load: number; vm: number };
      settle({ load, vm, whole: performance.now() - started });
    });
    child.on("exit", (status) => {
      if (status !== 0) fail(new Error(`the first VM's process ended with ${status}`));
    });
  });
}
