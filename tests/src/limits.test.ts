/** Limits of a machine: what meets one gets its errno, its owner an event, and the machine goes on. */
import { afterEach, expect, test } from "vitest";
import { createVm } from "../../src/create-vm.ts";
import type { LimitReport } from "../../src/machine/embedder.ts";
import type { VmLimits } from "../../src/options/limits.ts";
import type { Vm } from "../../src/vm.ts";

const MIB = 2 ** 20;
let open: Vm[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((vm) => vm.dispose()));
});

async function limited(limits: VmLimits): Promise<{ vm: Vm; reports: LimitReport[] }> {
  const vm = await createVm({ limits });
  open = [...open, vm];
  const reports: LimitReport[] = [];
  vm.onEvent((event) => event.type === "limit" && reports.push(event));
  return { vm, reports };
}

function named(reports: readonly LimitReport[], limit: string): boolean[] {
  return reports.filter((report) => report.limit === limit).map(({ reached }) => reached);
}

test("a limit is told when it is near and when it is reached, with how to raise it", async () => {
  const { vm, reports } = await limited({ disk: 4 * MIB });
  await vm.exec("head -c 1000000 /dev/zero > /tmp/a");
  expect(reports).toEqual([]);
  const result = await vm.exec("head -c 9000000 /dev/zero > /tmp/b");
  expect(result.stderr).toContain("No space left on device");
  const text = /^limits\.disk is reached: \d+ of 4194304 are in use; raise it with createVm/;
  expect(result.refusals).toEqual([expect.stringMatching(text)]);
  expect(named(reports, "disk")).toEqual([false, true]);
  expect(reports.at(-1)?.message).toMatch(text);
  expect((await vm.exec("tail -1 /proc/refusals")).stdout).toMatch(text);
  await vm.exec("rm /tmp/a /tmp/b");
  expect((await vm.stats()).disk.used).toBeLessThan(MIB);
});

test("descriptors of all processes together are ENFILE", async () => {
  const { vm, reports } = await limited({ descriptors: 100 });
  const line = "for i in {1..200}; do exec {fd}< /dev/null || break; done; echo $i";
  const { stdout, stderr } = await vm.exec(line);
  expect(stderr).toContain("Too many open files in system");
  expect(Number(stdout)).toBeLessThan(101);
  expect(named(reports, "descriptors")).toEqual([false, true]);
  expect((await vm.exec("echo on")).stdout).toBe("on\n");
  expect((await vm.stats()).descriptors.used).toBeLessThan(10);
});

test("pipes are ENFILE", async () => {
  const { vm, reports } = await limited({ pipes: 8 });
  const { stderr } = await vm.exec("true | cat | cat | cat | cat | cat | cat | cat | cat | cat");
  expect(stderr).toContain("Too many open files in system");
  expect(named(reports, "pipes")).toContain(true);
  await expect.poll(async () => (await vm.stats()).pipes.used).toBe(0);
  expect((await vm.exec("echo on | cat")).stdout).toBe("on\n");
});

test("sockets are ENFILE", async () => {
  const { vm } = await limited({ sockets: 10 });
  const script = `const net = require("net");
    const all = Array.from({ length: 20 }, () => net.createServer().listen(0).on("error", (e) => {
      console.log(e.code); process.exit();
    }));`;
  expect((await vm.exec(`node -e '${script}'`)).stdout).toBe("ENFILE\n");
});

test("CPU time of one process ends it alone, that of all ends whoever computes", async () => {
  const one = await limited({ processCpuTime: 1000 });
  const busy = "node -e 'for (;;);'";
  expect((await one.vm.exec(busy)).signal ?? "SIGKILL").toBe("SIGKILL");
  expect((await one.vm.exec("echo on")).stdout).toBe("on\n");
  const all = await limited({ cpuTime: 700 });
  const { exitCode, refusals } = await all.vm.exec(busy);
  expect(exitCode).toBe(137);
  expect(refusals.join()).toContain("limits.cpuTime is reached");
  expect((await all.vm.stats()).cpuTime.used).toBeGreaterThanOrEqual(700);
});

test("memory of one program ends it, that of all ends the largest", async () => {
  const fill = (entries: number) =>
    `awk 'BEGIN { for (i = 0; i < ${entries}; i++) { a[i] = i; if (i % 1000 == 0) print i }; for (;;) print i }' > /dev/null`;
  const one = await limited({ processMemory: 64 * MIB });
  expect((await one.vm.exec(fill(3_000_000), { timeout: 60_000 })).exitCode).toBe(137);
  const all = await limited({ memory: 100 * MIB });
  const { stdout } = await all.vm.exec(
    `${fill(10_000)} & small=$!; ${fill(3_000_000)}; echo $?; kill -0 $small && echo small lives; kill $small`,
    { timeout: 60_000 },
  );
  expect(stdout).toBe("137\nsmall lives\n");
});

test("a command takes no longer and writes no more than the machine allows", async () => {
  const { vm } = await limited({ execTime: 300, output: 1000 });
  await expect(vm.exec("sleep 60", { timeout: 50_000 })).rejects.toMatchObject({
    code: "ETIMEDOUT",
  });
  await expect(vm.exec("seq 10000")).rejects.toMatchObject({ code: "ERR_MAX_BUFFER" });
  expect((await vm.exec("seq 3")).stdout).toBe("1\n2\n3\n");
});

test("reading the load does not put off the watch over memory", async () => {
  const { vm } = await limited({ processMemory: 64 * MIB });
  const reader =
    "while :; do read -r load < /proc/loadavg; done & reader=$!;" +
    "awk 'BEGIN { for (i = 0; i < 3000000; i++) { a[i] = i; if (i % 1000 == 0) print i }; for (;;) print i }' > /dev/null;" +
    "echo $?; kill $reader";
  expect((await vm.exec(reader, { timeout: 60_000 })).stdout).toBe("137\n");
});

test("what programs see of the machine is true", async () => {
  const { vm } = await limited({ memory: 512 * MIB, disk: 64 * MIB });
  const { stdout } = await vm.exec(
    "head -c 8000000 /dev/zero > /tmp/f; grep -E 'MemTotal|Shmem' /proc/meminfo; df -k / | tail -1",
  );
  const [total = "", shared = "", df = ""] = stdout.split("\n");
  expect(total).toMatch(/^MemTotal: +524288 kB$/);
  expect(Number(/\d+/.exec(shared)?.[0])).toBeGreaterThan(7800);
  const [, blocks, used] = df.split(/\s+/).map(Number) as [number, number, number];
  expect(Math.abs(blocks - 64 * 1024)).toBeLessThan(64);
  expect(used).toBeGreaterThan(7800);
  const child = await vm.spawn(["awk", 'BEGIN { for (;;) print 1 > "/dev/null" }']);
  await expect
    .poll(async () => (await vm.exec(`grep VmRSS /proc/${child.pid}/status`)).stdout)
    .toMatch(/VmRSS:\s+[1-9]\d* kB/);
  await expect
    .poll(async () => Number((await vm.exec("cut -d' ' -f1 /proc/loadavg")).stdout))
    .toBeGreaterThan(0);
  await child.kill("SIGKILL");
});

test("statistics know every limit, and what was given back", async () => {
  const { vm } = await limited({});
  const before = await vm.stats();
  expect(Object.keys(before).length).toBe(14);
  await vm.exec("seq 100000 | sort | uniq | wc -l; node -e 0");
  const after = await vm.stats();
  expect(after.uptimeMs).toBeGreaterThan(before.uptimeMs);
  expect(after.cpuTime.used).toBeGreaterThan(0);
  for (const name of ["processes", "pipes", "sockets", "threads"] as const) {
    const used = async () => [name, (await vm.stats())[name].used];
    await expect.poll(used).toEqual([name, before[name].used]);
  }
});
