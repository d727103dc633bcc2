/** What a coding agent costs: the process's memory at its highest, over what it was before. */
import { piMachine, runPi } from "../../agents/pi.ts";
import { atMost, proportionalMemory, type Report } from "../harness.ts";
import { createVm, hostDirectory } from "../library.ts";

const MB = 1e6;
const LOOK_MS = 20;

export default async function agents(report: Report): Promise<void> {
  const before = process.memoryUsage.rss();
  const shareBefore = proportionalMemory();
  let peak = before;
  let sharePeak = shareBefore ?? 0;
  const looking = setInterval(() => {
    const resident = process.memoryUsage.rss();
    if (resident <= peak) return;
    peak = resident;
    // It takes longer to tell.
    sharePeak = Math.max(sharePeak, proportionalMemory() ?? 0);
  }, LOOK_MS);
  await using vm = await piMachine({ createVm, hostDirectory });
  const started = performance.now();
  const { exitCode } = await runPi(vm);
  const seconds = (performance.now() - started) / 1000;
  clearInterval(looking);
  if (exitCode !== 0) throw new Error(`Pi ended with ${exitCode}`);
  report.add("Pi: a task of three turns", "s", [seconds]);
  report.add("Pi: peak memory of the machine", "MB", [(peak - before) / MB], { bar: atMost(200) });
  if (shareBefore !== undefined) {
    report.add("the same, what is shared in parts (PSS)", "MB", [(sharePeak - shareBefore) / MB]);
  }
}
