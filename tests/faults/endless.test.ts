/** An endless shell loop takes its share and no more, and stops when it is told to. */
import { expect, test } from "vitest";
import { createVm } from "../../src/index.ts";

const LOOP = "while :; do :; done";

/** Milliseconds that this thread had: another program's share of the processor is not the loops'. */
const used = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

test("an endless loop is killed by signal, by timeout and by abort", async () => {
  await using vm = await createVm();
  const { stdout } = await vm.exec(`(${LOOP}) & kill -TERM $!; wait $!; echo $?`);
  expect(stdout).toBe("143\n");
  const bash = await vm.exec(`timeout 0.2 bash -c '${LOOP}'; echo $?`);
  expect(bash.stdout).toBe("124\n");
  const child = await vm.spawn(["bash", "-c", LOOP]);
  await child.kill("SIGINT");
  expect((await child.exit).signal).toBe("SIGINT");
});

test("it starves neither its machine, nor another one, nor the host", async () => {
  await using looping = await createVm();
  await using other = await createVm();
  const loops = await Promise.all(
    Array.from({ length: 3 }, () => looping.spawn(["bash", "-c", LOOP])),
  );
  let worst = 0;
  let last = used();
  const watch = setInterval(() => {
    const now = used();
    worst = Math.max(worst, now - last);
    last = now;
  }, 1);
  for (let turn = 0; turn < 20; turn += 1) {
    const [here, there] = await Promise.all([
      looping.exec("echo here | cat"),
      other.exec("echo there | cat"),
    ]);
    expect(here.stdout + there.stdout).toBe("here\nthere\n");
  }
  clearInterval(watch);
  // The kernels live in another thread, so the host's event loop does not feel the loops at all.
  expect(worst).toBeLessThan(500);
  for (const loop of loops) await loop.kill("SIGKILL");
  const ends = await Promise.all(loops.map((loop) => loop.exit));
  expect(ends.map(({ signal }) => signal)).toEqual(["SIGKILL", "SIGKILL", "SIGKILL"]);
});

test.each([
  "until false; do :; done",
  "for ((;;)); do :; done",
  "f() { :; }; while :; do f; done",
  "while :; do x=$(:); done",
  "while [[ a == a ]]; do ((i++)); done",
  "while :; do :; done | while :; do :; done",
  "while read -r x; do :; done < <(yes)",
  "trap : TERM; while :; do :; done",
])("the host's timeout ends: %s", async (line) => {
  await using vm = await createVm();
  const { timedOut } = await vm.exec(line, { timeout: 300, reject: false });
  expect(timedOut).toBe(true);
  expect((await vm.exec("echo alive | cat")).stdout).toBe("alive\n");
});

test("disposing a machine ends its loops", async () => {
  await using other = await createVm();
  const vm = await createVm();
  const child = await vm.spawn(["bash", "-c", LOOP]);
  const ended = child.exit.catch((error: unknown) => error);
  await vm.dispose();
  await ended;
  expect((await other.exec("echo alive | cat")).stdout).toBe("alive\n");
});
