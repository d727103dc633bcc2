/** The host under callers and callees that overdo it: calls by the thousand, tools without end, readers that do not read. */
import { expect, test } from "vitest";
import { createVm, tool } from "../../src/index.ts";

const alive = async (vm: Awaited<ReturnType<typeof createVm>>) =>
  expect((await vm.exec("echo alive")).stdout).toBe("alive\n");

test("thousands of calls at once are all answered", async () => {
  await using vm = await createVm();
  const looks = Array.from({ length: 5000 }, () => vm.fs.stat("/etc/passwd"));
  const commands = Array.from({ length: 300 }, (_, i) => vm.exec(`echo ${i}`));
  expect((await Promise.all(looks)).length).toBe(5000);
  const said = await Promise.allSettled(commands);
  // More than a machine may have of processes is refused by that name.
  for (const [i, one] of said.entries()) {
    if (one.status === "fulfilled" && one.value.exitCode === 0)
      expect(one.value.stdout).toBe(`${i}\n`);
    else if (one.status === "rejected") expect(one.reason.code).toBe("EAGAIN");
  }
  expect(said.filter(({ status }) => status === "fulfilled").length).toBeGreaterThan(100);
  await alive(vm);
});

test("who does not read stops the writer, and holds little of the host", async () => {
  await using vm = await createVm();
  const before = process.memoryUsage.rss();
  const children = await Promise.all(Array.from({ length: 20 }, () => vm.spawn(["yes"])));
  const bytes = await Promise.all(
    children.map(async ({ stdout }) => {
      const reader = stdout.getReader();
      return (await reader.read()).value?.length ?? 0;
    }),
  );
  expect(bytes.every((length) => length > 0)).toBe(true);
  await alive(vm);
  expect((process.memoryUsage.rss() - before) / 2 ** 20).toBeLessThan(400);
  await Promise.all(children.map((child) => child.kill("SIGKILL")));
});

test("tools that never end, and never answer, hold up nobody else", async () => {
  let ended = 0;
  await using vm = await createVm({
    tools: {
      hang: tool({ description: "Never answers", timeout: 2000, run: () => new Promise(() => {}) }),
      pour: tool({
        description: "Never ends",
        async *run() {
          try {
            for (;;) yield "x".repeat(1000);
          } finally {
            ended++;
          }
        },
      }),
      quick: tool({ description: "Answers", run: () => "quick" }),
    },
  });
  const hanging = vm.exec("hang & hang & hang & pour | head -c 100000 | wc -c; quick; wait");
  expect((await vm.exec("quick")).stdout).toBe("quick\n");
  const { stdout, stderr } = await hanging;
  expect(stdout).toBe("100000\nquick\n");
  expect(stderr).toMatch(/longer|time/i);
  await expect.poll(() => ended).toBe(1);
  await alive(vm);
});

test("listeners that do not come back lose events, and are told how many", async () => {
  await using vm = await createVm();
  const missed: number[] = [];
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await vm.audit(async (event) => {
    if (event.missed) missed.push(event.missed);
    await held;
  });
  await vm.exec("for i in $(seq 1 1500); do exec 3<> /dev/tcp/h$i.example/80; done 2>/dev/null");
  release();
  await vm.exec("exec 3<> /dev/tcp/last.example/80 2>/dev/null");
  await expect.poll(() => missed.length).toBeGreaterThan(0);
  await alive(vm);
});

test("a reader of vm.fetch that does not read stops the server", async () => {
  await using vm = await createVm();
  await vm.fs.writeFile(
    "/tmp/s.js",
    `require("http").createServer((q, r) => { const more = () => { while (r.write(Buffer.alloc(65536))); r.once("drain", more); }; more(); }).listen(3000)`,
  );
  await vm.spawn(["node", "/tmp/s.js"]);
  await vm.waitForPort(3000);
  const before = process.memoryUsage.rss();
  const answers = await Promise.all(Array.from({ length: 10 }, () => vm.fetch(3000, "/")));
  await alive(vm);
  expect((process.memoryUsage.rss() - before) / 2 ** 20).toBeLessThan(400);
  await Promise.all(answers.map((answer) => answer.body?.cancel()));
});
