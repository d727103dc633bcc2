/**
 * A process for lifetimes.test.ts: makes machines that are busy in every way, disposes them in the
 * middle of it, and says what was open before and after. Linux, because /proc counts for us.
 */
import { readdirSync } from "node:fs";
import { createVm, type Vm } from "../../src/index.ts";

export interface Counts {
  readonly threads: number;
  readonly descriptors: number;
  readonly handles: number;
  readonly memory: number;
}

const ROUNDS = 25;

/** Work of every kind that is under way, and stays so until the machine goes. */
async function makeBusy(vm: Vm): Promise<void> {
  const { stdout } = await vm.exec("seq 3 | wc -l");
  if (stdout !== "3\n") throw new Error(`the machine said ${JSON.stringify(stdout)}`);
  const lines = ["while :; do :; done", "sleep 1000", "yes | sleep 1000", "yes > /dev/null", "cat"];
  for (const line of lines) await vm.spawn(["bash", "-c", `${line}; :`]);
  await vm.spawn(["/usr/bin/sleep", "1000"]);
  await vm.openTerminal({ cols: 80, rows: 24 });
  await vm.fs.open("/home/user/left-open", "w");
  void vm.exec("sleep 1000", { timeout: 900_000 }).catch(() => undefined);
}

async function round(): Promise<void> {
  const vm = await createVm();
  await makeBusy(vm);
  await vm.dispose();
}

function counts(): Counts {
  globalThis.gc?.();
  return {
    threads: readdirSync("/proc/self/task").length,
    descriptors: readdirSync("/proc/self/fd").length,
    handles: process.getActiveResourcesInfo().length,
    memory: process.memoryUsage.rss(),
  };
}

/** The counts once they no longer fall. */
async function settled(): Promise<Counts> {
  let least = counts();
  for (let still = 0; still < 10; still += 1) {
    await new Promise((wake) => setTimeout(wake, 50));
    const now = counts();
    const fell =
      now.threads < least.threads ||
      now.handles < least.handles ||
      now.memory < least.memory * 0.99;
    if (fell) still = 0;
    if (fell || now.memory < least.memory) least = now;
  }
  return least;
}

for (let turn = 0; turn < 5; turn += 1) await round();
const before = await settled();
for (let turn = 0; turn < ROUNDS; turn += 1) await round();
const after = await settled();
process.send?.({ before, after });
process.disconnect?.();
