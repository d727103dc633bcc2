import { afterEach, beforeEach, expect, test } from "vitest";
import type { Kernel } from "../../../kernel/index.ts";
import { bootKernel, codeOf, now, recorded } from "../boot.ts";

let kernel: Kernel;
beforeEach(() => {
  kernel = bootKernel({}, { hostname: "box" });
});
afterEach(() => kernel.shutdown());

test("uname names a Linux, and the machine by what it runs", () => {
  expect(now(kernel.init.uname())).toMatchObject({
    sysname: "Linux",
    nodename: "box",
    release: expect.stringMatching(/^6\.\d+\.\d+-isopod$/),
    machine: "wasm32",
  });
});

test("the host name is root's to set", async () => {
  const { init } = kernel;
  now(init.sethostname("new"));
  expect(now(init.uname()).nodename).toBe("new");
  expect(await codeOf(() => init.sethostname("x".repeat(65)))).toBe("EINVAL");
  const notes = await recorded(kernel, async (sys, note) => {
    now(sys.setresuid(1000, 1000, 1000));
    note(await codeOf(() => sys.sethostname("mine")));
  });
  expect([notes, now(init.uname()).nodename]).toEqual([["EPERM"], "new"]);
});

test("random bytes fill the whole buffer, shared or not, of any size", () => {
  const { init } = kernel;
  for (const buffer of [
    new Uint8Array(0),
    new Uint8Array(200_000),
    new Uint8Array(new SharedArrayBuffer(64)),
  ]) {
    expect(now(init.getrandom(buffer))).toBe(buffer.length);
    if (buffer.length > 0) expect(new Set(buffer).size).toBeGreaterThan(16);
  }
  const tail = new Uint8Array(200_000);
  now(init.getrandom(tail));
  expect(new Set(tail.subarray(-1000)).size).toBeGreaterThan(100);
});

test("sysinfo counts processes and memory", async () => {
  const notes = await recorded(kernel, (sys, note) => {
    const { procs, totalram, freeram } = now(sys.sysinfo());
    note(procs, totalram === kernel.limits.memory, freeram > 0 && freeram <= totalram);
  });
  expect(notes).toEqual([2, true, true]);
});
