/**
 * Runs a test in a machine of its own: the checkout is mounted read-only where the host can do that, the
 * rest is the machine's (an empty home, /tmp, the loopback). Node's `test/common` is what it is.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { hostDirectory, type Vm } from "../../../src/index.ts";
import { hostFromEnvironment, openHost, type TestHost } from "../../support/hosts/host.ts";
import type { Case } from "./checkout.ts";
import type { Outcome } from "./outcome.ts";
import { Recorder } from "./recorder.ts";

const CHECKOUT = "/node";
const NODE = "/usr/bin/node";
const SCRATCH = "/tmp/node-test";
const HOST = hostFromEnvironment();
const WARM_UP_MS = 60_000;
/** What tests read beside their own folder, where it must be copied in. */
const SHARED = ["common", "fixtures"];

let opened: Promise<TestHost> | undefined;

export async function runInMachine(test: Case, limit: number): Promise<Outcome> {
  const vm = await machineFor(test);
  const recorder = new Recorder();
  const started = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((settle) => {
    timer = setTimeout(() => settle(undefined), limit);
  });
  try {
    const run = start(vm, test, recorder);
    run.catch(() => {});
    const status = await Promise.race([run, late]);
    return {
      output: recorder.text(test.terminal !== undefined),
      status: status ?? 0,
      ms: performance.now() - started,
      ...(status === undefined ? { trouble: "timeout" } : {}),
    };
  } finally {
    clearTimeout(timer);
    await vm.dispose();
  }
}

/** The first program waits for what is made once for all. */
export async function warmUp(): Promise<void> {
  opened ??= openHost(HOST);
  const vm = await (await opened).createVm();
  await vm.exec(`${NODE} -e 0`, { timeout: WARM_UP_MS, reject: false });
  await vm.dispose();
}

async function machineFor(test: Case): Promise<Vm> {
  opened ??= openHost(HOST);
  const host = await opened;
  const vm = await host.createVm(
    HOST === "node" ? { mounts: { [CHECKOUT]: hostDirectory(test.root) } } : {},
  );
  await vm.fs.mkdir(SCRATCH);
  if (HOST !== "node") {
    await vm.exec(`mkdir -p ${CHECKOUT}/test && chown -R user ${CHECKOUT}`, { user: "root" });
    const folder = test.path.split("/")[1] ?? "";
    for (const name of [...SHARED, folder]) {
      await copyIn(vm, join(test.root, "test", name), `${CHECKOUT}/test/${name}`);
    }
  }
  return vm;
}

async function copyIn(vm: Vm, from: string, to: string): Promise<void> {
  await vm.fs.mkdir(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), `${to}/${entry.name}`];
    if (entry.isDirectory()) await copyIn(vm, source, target);
    else if (existsSync(source)) {
      const mode = statSync(source).mode & 0o777;
      await vm.fs.writeFile(target, readFileSync(source), { mode });
    }
  }
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
