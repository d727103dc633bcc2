/** Every method of a machine and of what it gave, after its end: an error that says so, never a hang or a crash. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createVm, memory, type Vm } from "../../src/index.ts";

let other: Vm;
beforeAll(async () => {
  other = await createVm();
});
afterAll(() => other.dispose());

const alive = async () => expect((await other.exec("echo alive")).stdout).toBe("alive\n");

/** Neither settles never, nor succeeds. */
async function failure(work: () => unknown): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve("HANGS"), 60_000);
  });
  const settled = (async () => {
    try {
      const value = await work();
      return value === undefined ? "nothing" : `VALUE ${typeof value}`;
    } catch (error) {
      return error instanceof Error && error.message !== "" ? "error" : `ODD ${String(error)}`;
    }
  })();
  const outcome = await Promise.race([settled, late]);
  clearTimeout(timer);
  return outcome;
}

const CALLS: Record<string, (vm: Vm) => unknown> = {
  exec: (vm) => vm.exec("true"),
  spawn: (vm) => vm.spawn(["true"]),
  evaluate: (vm) => vm.evaluate("1"),
  endContext: (vm) => vm.endContext("none"),
  openTerminal: (vm) => vm.openTerminal(),
  processes: (vm) => vm.processes(),
  kill: (vm) => vm.kill(2),
  fetch: (vm) => vm.fetch(80, "/"),
  connect: (vm) => vm.connect(80),
  waitForPort: (vm) => vm.waitForPort(80),
  preview: (vm) => vm.preview(80),
  stats: (vm) => vm.stats(),
  mount: (vm) => vm.mount("/m", memory()),
  unmount: (vm) => vm.unmount("/m"),
  commit: (vm) => vm.commit(),
  isCommitted: (vm) => vm.isCommitted(),
  snapshot: (vm) => vm.snapshot("x"),
  snapshots: (vm) => vm.snapshots(),
  removeSnapshot: (vm) => vm.removeSnapshot("x"),
  diff: (vm) => vm.diff("x"),
  fork: (vm) => vm.fork(),
  trace: (vm) => vm.trace(() => {}),
  audit: (vm) => vm.audit(() => {}),
  "fs.readFile": (vm) => vm.fs.readFile("/etc/passwd"),
  "fs.writeFile": (vm) => vm.fs.writeFile("/tmp/x", "x"),
  "fs.readdir": (vm) => vm.fs.readdir("/"),
  "fs.open": (vm) => vm.fs.open("/etc/passwd"),
  "fs.rm": (vm) => vm.fs.rm("/tmp", { recursive: true, force: true }),
};

test("methods of the machine", async () => {
  const vm = await createVm();
  await vm.dispose();
  const outcomes: Record<string, string> = {};
  for (const [name, call] of Object.entries(CALLS)) outcomes[name] = await failure(() => call(vm));
  expect(outcomes).toEqual(Object.fromEntries(Object.keys(CALLS).map((name) => [name, "error"])));
  // The same calls do not fail all where a machine is there.
  expect(await failure(() => CALLS["stats"]?.(other))).toBe("VALUE object");
  await alive();
});

test("what it gave before: handles, processes, terminals, streams, connections", async () => {
  const vm = await createVm();
  const handle = await vm.fs.open("/etc/passwd");
  const child = await vm.spawn(["sleep", "1000"]);
  const terminal = await vm.openTerminal();
  const crossings = vm.crossings().getReader();
  const reader = child.stdout.getReader();
  const reading = reader.read();
  reading.catch(() => {});
  const writer = child.stdin.getWriter();
  await vm.dispose();
  const uses: Record<string, () => unknown> = {
    "handle.read": () => handle.read(new Uint8Array(8), 0, 8, 0),
    "handle.stat": () => handle.stat(),
    "child.kill": () => child.kill(),
    "writer.write": () => writer.write("x"),
    "terminal.write": () => terminal.write("x"),
    "terminal.resize": () => terminal.resize({ cols: 10, rows: 10 }),
  };
  const outcomes: Record<string, string> = {};
  for (const [name, use] of Object.entries(uses)) outcomes[name] = await failure(use);
  for (const [name, outcome] of Object.entries(outcomes)) {
    expect(`${name}: ${outcome}`).toMatch(/: (error|nothing)$/);
  }
  for (const end of [
    () => child.exit,
    () => terminal.exit,
    () => reading,
    () => crossings.read(),
    () => handle.close(),
    () => terminal[Symbol.asyncDispose](),
    () => child[Symbol.asyncDispose](),
    () => vm.dispose(),
    () => vm[Symbol.asyncDispose](),
  ]) {
    expect(await failure(end)).not.toBe("HANGS");
  }
  await alive();
});

test("disposing in the middle of everything, twice", async () => {
  for (let round = 0; round < 3; round++) {
    const vm = await createVm();
    await vm.fs.writeFile("/tmp/big", "x".repeat(4_000_000));
    const under = [
      () => vm.exec("for i in 1 2 3 4 5 6 7 8; do cat /tmp/big | gzip | gunzip | wc -c; done"),
      () => vm.exec("node -e 'for (;;);'"),
      () =>
        vm.exec("node -e 'new (require(`worker_threads`).Worker)(`for (;;);`, { eval: true })'"),
      () => vm.evaluate("await new Promise(() => {})"),
      () => vm.exec("sleep 1000 | cat"),
      () => vm.fs.rm("/usr", { recursive: true }),
      () => vm.fs.cp("/etc", "/tmp/etc", { recursive: true }),
      () => vm.fs.readFile("/tmp/big"),
      () => vm.spawn(["yes"]).then((child) => new Response(child.stdout).text()),
      () => vm.waitForPort(9),
      () => vm.snapshot(),
      () => vm.fork().then((fork) => fork.dispose()),
      () => vm.openTerminal(),
    ].map((work) => failure(work));
    await new Promise((resolve) => setTimeout(resolve, round * 40));
    await Promise.all([vm.dispose(), vm.dispose()]);
    expect(await Promise.all(under)).not.toContain("HANGS");
    await alive();
  }
});
