/** Runs a test in a machine. Node's `test/common` is what it is. */
import { constants } from "node:os";
import type { Vm } from "../../../src/index.ts";
import type { Case } from "./checkout.ts";
import type { Outcome } from "./outcome.ts";
import { CHECKOUT, machineOf, placeFor, SCRATCH } from "./places.ts";
import { Recorder } from "./recorder.ts";

const NODE = "/usr/bin/node";
const WARM_UP_MS = 60_000;

export async function runInMachine(test: Case, limit: number): Promise<Outcome> {
  const place = await placeFor(test);
  const recorder = new Recorder();
  const started = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((settle) => {
    timer = setTimeout(() => settle(undefined), limit);
  });
  let status: number | undefined;
  try {
    const run = start(place.vm, test, recorder);
    run.catch(() => {});
    status = await Promise.race([run, late]);
    return {
      output: recorder.text(test.terminal !== undefined),
      status: status ?? 0,
      ms: performance.now() - started,
      ...(status === undefined ? { trouble: "timeout" } : {}),
    };
  } finally {
    clearTimeout(timer);
    await place.leave(status !== undefined);
  }
}

/** The first program waits for what is made once for all. */
export async function warmUp(): Promise<void> {
  const vm = await machineOf();
  await vm.exec(`${NODE} -e 0`, { timeout: WARM_UP_MS, reject: false });
  await vm.dispose();
}

/** Resolves with the status when node has ended and everybody let go of its output. */
async function start(vm: Vm, test: Case, recorder: Recorder): Promise<number> {
  const options = {
    cwd: CHECKOUT,
    env: { ...test.env, NODE_TEST_DIR: SCRATCH, TERM: "xterm-256color" },
  };
  const file = `${CHECKOUT}/${test.path}`;
  if (test.terminal) {
    const line = `stty -onlcr -echoctl; exec ${NODE} ${file}`;
    const terminal = await vm.openTerminal({ ...options, argv: ["/bin/sh", "-c", line] });
    void terminal.write(test.terminal.input).catch(() => {});
    for await (const chunk of terminal.output) recorder.add(chunk);
    return statusOf(await terminal.exit);
  }
  const child = await vm.spawn([NODE, file], { ...options, stdin: "ignore", stderr: "stdout" });
  for await (const chunk of child.stdout) recorder.add(chunk);
  return statusOf(await child.exit);
}

function statusOf({ exitCode, signal }: { exitCode: number; signal?: string | undefined }): number {
  return signal === undefined ? exitCode : -constants.signals[signal as NodeJS.Signals];
}
