/**
 * What would exhaust a machine is answered with the errno that Linux gives; afterwards the machine
 * still works and the host's memory has stayed within bounds.
 */
import { expect, test } from "vitest";
import { createVm, type Vm } from "../../src/index.ts";

const MIB = 2 ** 20;

/** The machine runs a builtin, a process, a pipeline, and can write. */
async function expectUsable(vm: Vm): Promise<void> {
  const line = "echo alive; seq 3 | wc -l; echo kept > /tmp/kept; cat /tmp/kept";
  expect((await vm.exec(line)).stdout).toBe("alive\n3\nkept\n");
}

/** Resident bytes that `run` adds at its worst, looked at every few milliseconds. */
async function peakGrowth(run: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss();
  let peak = before;
  const look = (): void => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const timer = setInterval(look, 10);
  try {
    await run();
  } finally {
    clearInterval(timer);
  }
  look();
  return peak - before;
}

test("a fork bomb meets EAGAIN, and its end gives the machine back", async () => {
  await using vm = await createVm({ limits: { processes: 64 } });
  await expectUsable(vm);
  const growth = await peakGrowth(async () => {
    const { exitCode } = await vm.exec(":() { : | : & }; :; sleep 60", {
      timeout: 2000,
      reject: false,
    });
    expect(exitCode).not.toBe(0);
  });
  expect(growth).toBeLessThan(400 * MIB);
  await expectUsable(vm);
});

test("the process limit is EAGAIN to a program, and is given back", async () => {
  await using vm = await createVm({ limits: { processes: 16 } });
  const { stderr, exitCode } = await vm.exec("for i in {1..40}; do sleep 300 & done");
  expect(stderr).toMatch(/^bash: (line 1: )?fork: .*Resource temporarily unavailable\n$/m);
  expect(exitCode).toBe(254);
  // The jobs go on and fill the table; the host itself is not bound by it.
  const jobs = (await vm.processes()).filter(({ command }) => command === "sleep");
  expect(jobs.length).toBeGreaterThan(8);
  expect(jobs.length).toBeLessThan(16);
  for (const { pid } of jobs) await vm.kill(pid, "SIGKILL");
  await expect.poll(async () => (await vm.processes()).length).toBe(0);
  await expectUsable(vm);
});

test("a pipe never read makes its writer wait, and no more", async () => {
  await using vm = await createVm();
  const growth = await peakGrowth(async () => {
    const { exitCode } = await vm.exec("yes | sleep 1", { timeout: 60_000, reject: false });
    expect(exitCode).toBe(0);
  });
  expect(growth).toBeLessThan(100 * MIB);
  const child = await vm.spawn(["yes"]);
  const filled = await vm.exec("pgrep -x yes | wc -l; echo other work goes on");
  expect(filled.stdout).toBe("1\nother work goes on\n");
  await child.kill("SIGTERM");
  expect((await child.exit).signal).toBe("SIGTERM");
  await expectUsable(vm);
});

test("10^6 files in a directory are made, or refused with ENOSPC; either way the machine goes on", async () => {
  await using vm = await createVm();
  const line = "mkdir d; cd d; i=0; while ((i < 1000000)); do : > $((i++)) || break; done; echo $i";
  let stdout = "";
  let stderr = "";
  const growth = await peakGrowth(async () => {
    ({ stdout, stderr } = await vm.exec(line, { timeout: 230_000, reject: false }));
  });
  const made = Number(stdout);
  if (stderr === "") expect(made).toBe(1_000_000);
  else {
    expect(stderr).toMatch(/: No space left on device\n$/);
    expect(made).toBeGreaterThan(10_000);
  }
  expect(growth).toBeLessThan(1500 * MIB);
  await expectUsable(vm);
  await vm.fs.rm("/home/user/d", { recursive: true });
  await expectUsable(vm);
}, 240_000);

test("the limit of files is ENOSPC to each way of making one", async () => {
  await using vm = await createVm({ limits: { inodes: 1000 } });
  const line =
    "mkdir d; for i in {1..2000}; do : > d/$i || break; done; ls d | wc -l; mkdir e; ln -s x l";
  const { stdout, stderr } = await vm.exec(line);
  expect(Number(stdout)).toBeLessThan(1000);
  expect(stderr.match(/No space left on device/g)?.length).toBe(3);
  await expect(vm.fs.writeFile("/tmp/one-more", "x")).rejects.toMatchObject({ code: "ENOSPC" });
  await vm.exec("rm -r d");
  await expectUsable(vm);
});

test("the limit of memory is ENOSPC to a write, and deleting gives it back", async () => {
  await using vm = await createVm({ limits: { disk: 32 * MIB } });
  const growth = await peakGrowth(async () => {
    const { stdout, stderr } = await vm.exec("head -c 100000000 /dev/zero > big; stat -c %s big");
    expect(stderr).toContain("No space left on device");
    expect(Number(stdout)).toBeLessThanOrEqual(32 * MIB);
  });
  expect(growth).toBeLessThan(200 * MIB);
  await expect(vm.fs.writeFile("/tmp/x", new Uint8Array(MIB))).rejects.toMatchObject({
    code: "ENOSPC",
  });
  await vm.exec("rm big");
  await vm.fs.writeFile("/tmp/x", new Uint8Array(MIB));
  await expectUsable(vm);
});

test("a here-document of 1 GB is read whole, or refused, in bounded memory", async () => {
  await using vm = await createVm();
  const line =
    "set -o pipefail\ncat <<END | wc -c\n$(head -c 1000000000 /dev/zero | tr '\\0' x)\nEND";
  let result = { stdout: "", stderr: "", exitCode: 0 as number | undefined };
  const growth = await peakGrowth(async () => {
    result = await vm.exec(line, { timeout: 110_000, reject: false });
  });
  if (result.stdout !== "1000000001\n") {
    expect(result.stderr).toMatch(/No space left on device|[Cc]annot allocate|File too large/);
    expect(result.exitCode).not.toBe(0);
  }
  expect(growth).toBeLessThan(1500 * MIB);
  await expectUsable(vm);
});

test("a script of endless input to the shell is refused in bounded memory", async () => {
  await using vm = await createVm();
  const growth = await peakGrowth(async () => {
    await vm.exec("(echo 'cat <<END'; yes) | timeout 5 bash", {
      timeout: 30_000,
      reject: false,
    });
  });
  expect(growth).toBeLessThan(1500 * MIB);
  await expectUsable(vm);
});

test("a loop of symbolic links is ELOOP everywhere", async () => {
  await using vm = await createVm();
  const { stdout, stderr } = await vm.exec(
    "ln -s b a; ln -s a b; cat a; echo x > a; cd a; ls a/; [ -e a ]; echo $?; readlink a",
  );
  expect(stderr.match(/Too many levels of symbolic links/g)?.length).toBe(4);
  expect(stdout).toBe("1\nb\n");
  await expect(vm.fs.readFile("/home/user/a")).rejects.toMatchObject({ code: "ELOOP" });
  // 40 links in a row still resolve, 41 do not.
  await vm.exec("echo end > 0; for i in {1..41}; do ln -s $((i - 1)) $i; done");
  expect(await vm.fs.readFile("/home/user/40", "utf8")).toBe("end\n");
  await expect(vm.fs.readFile("/home/user/41")).rejects.toMatchObject({ code: "ELOOP" });
});

test("endless recursion of a shell function ends that shell alone", async () => {
  await using vm = await createVm();
  const { exitCode, stderr } = await vm.exec("f() { f; }; f");
  expect(exitCode).not.toBe(0);
  expect(stderr).not.toBe("");
  await expectUsable(vm);
});

test("output beyond maxBuffer cuts the command, not the machine", async () => {
  await using vm = await createVm();
  const growth = await peakGrowth(async () => {
    await expect(vm.exec("yes", { maxBuffer: MIB })).rejects.toMatchObject({
      code: "ERR_MAX_BUFFER",
    });
  });
  expect(growth).toBeLessThan(200 * MIB);
  await expectUsable(vm);
});
