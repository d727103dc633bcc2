/** dispose() gives back every thread, descriptor, timer and isolate, whatever was under way. */
import { fork } from "node:child_process";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { createVm } from "../../src/index.ts";
import type { Counts } from "./lifetimes-child.ts";

const CHILD = resolve(import.meta.dirname, "lifetimes-child.ts");

test.runIf(process.platform === "linux")(
  "25 busy machines leave nothing behind, and the process ends by itself",
  async () => {
    const child = fork(CHILD, { execArgv: ["--expose-gc", "--no-warnings"] });
    let said: { before: Counts; after: Counts } | undefined;
    child.on("message", (message) => {
      said = message as typeof said;
    });
    const status = await new Promise((settle) =>
      child.on("exit", (code, by) => settle(by ?? code)),
    );
    expect(status).toBe(0);
    const { before, after } = said as NonNullable<typeof said>;
    // A pool keeps as many threads as ran at once; a lost thread each would be 125.
    expect(after.threads).toBeLessThanOrEqual(before.threads + 2);
    expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
    expect(after.handles).toBeLessThanOrEqual(before.handles);
    // 25 times eight guests: one lost isolate each would be 150 MB.
    expect(after.memory).toBeLessThan(before.memory * 1.1 + 10e6);
  },
  120_000,
);

test("memory comes back after each create, exec, dispose", async () => {
  const round = async (): Promise<void> => {
    await using vm = await createVm();
    await vm.exec("seq 1 50000 | sort | tail -n 1");
  };
  for (let turn = 0; turn < 10; turn += 1) await round();
  const before = process.memoryUsage.rss();
  for (let turn = 0; turn < 60; turn += 1) await round();
  // Without a forced collection: what grows without bound shows all the same.
  expect(process.memoryUsage.rss()).toBeLessThan(before * 1.5 + 50e6);
});

test("a disposed machine answers with an error, and disposing twice is nothing", async () => {
  const vm = await createVm();
  const running = vm.exec("sleep 1000");
  const failed = expect(running).rejects.toThrow();
  await vm.dispose();
  await failed;
  await expect(vm.exec("echo hi")).rejects.toThrow(/disposed/);
  await expect(vm.fs.readFile("/etc/passwd")).rejects.toThrow(/disposed/);
  await vm.dispose();
});
