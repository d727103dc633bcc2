/** What a machine costs while it idles. */
import { atMost, type Report, settledMemory } from "../harness.ts";
import { createVm, type Vm } from "../library.ts";

const MB = 1e6;
const COUNT = 200;

export default async function memory(report: Report): Promise<void> {
  // What the first machines bring into the process is not theirs; more of them would leave free
  // memory behind that then hides what the idle ones take.
  for (let turn = 0; turn < 20; turn += 1) {
    await using vm = await createVm();
    await vm.exec("echo hi");
  }
  const before = await settledMemory();
  const idle: Vm[] = [];
  for (let index = 0; index < COUNT; index += 1) {
    const vm = await createVm();
    await vm.exec("echo hi");
    idle.push(vm);
  }
  const full = await settledMemory();
  const each = (full - before) / MB / COUNT;
  report.add(`idle VM after one echo, over ${COUNT}`, "MB", [each], { bar: atMost(0.5) });
  await Promise.all(idle.map((vm) => vm.dispose()));
  idle.length = 0;
  const after = await settledMemory();
  report.add("left of each after dispose", "MB", [(after - before) / MB / COUNT]);
}
