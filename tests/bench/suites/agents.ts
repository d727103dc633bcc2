/** What a coding agent costs: the process's memory at its highest, over what it was before. */
import { piMachine, runPi } from "../../agents/pi.ts";
import { atMost, type Report } from "../harness.ts";
import { createVm, hostDirectory } from "../library.ts";

const MB = 1e6;
const LOOK_MS = 20;

export default async function agents(report: Report): Promise<void> {
  const before = process.memoryUsage.rss();
  let peak = before;
  const looking = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, LOOK_MS);
  await using vm = await piMachine({ createVm, hostDirectory });
  const started = performance.now();
  const { exitCode } = await runPi(vm);
  const seconds = (performance.now() - started) / 1000;
  clearInterval(looking);
  if (exitCode !== 0) throw new Error(`Pi ended with ${exitCode}`);
  report.add("Pi: a task of three turns", "s", [seconds]);
  report.add("Pi: peak memory of the machine", "MB", [(peak - before) / MB], { bar: atMost(200) });
}
