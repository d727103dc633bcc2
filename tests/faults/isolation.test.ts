/** Two machines in one kernel thread share nothing. Every denial stands beside what is allowed. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createVm, hostDirectory, type Vm } from "../../src/index.ts";

let left: Vm;
let right: Vm;

beforeAll(async () => {
  left = await createVm({ env: { WHO: "left", LEFT_ONLY: "yes" } });
  right = await createVm({ env: { WHO: "right" } });
});
afterAll(async () => {
  await left.dispose();
  await right.dispose();
});

async function output(vm: Vm, line: string): Promise<string> {
  const { stdout, stderr } = await vm.exec(line);
  return stdout + stderr;
}

test("files and /tmp", async () => {
  await left.fs.writeFile("/tmp/secret", "left's");
  await left.fs.writeFile("/home/user/secret", "left's");
  expect(await output(left, "cat /tmp/secret ~/secret")).toBe("left'sleft's");
  expect(await output(right, "ls -A /tmp ~ | grep secret")).toBe("");
  await expect(right.fs.readFile("/tmp/secret")).rejects.toMatchObject({ code: "ENOENT" });
  await right.fs.writeFile("/tmp/secret", "right's");
  expect(await left.fs.readFile("/tmp/secret", "utf8")).toBe("left's");
});

test("what one does to its base image the other does not see", async () => {
  const changed = await left.exec("echo changed > /etc/motd; rm /usr/bin/seq", { user: "root" });
  expect(changed).toMatchObject({ exitCode: 0, stderr: "" });
  expect(await output(left, "cat /etc/motd; seq 1")).toMatch(/^changed\n.*seq: command not found/);
  expect(await output(right, "cat /etc/motd")).not.toContain("changed");
  expect(await output(right, "seq 1")).toBe("1\n");
});

test("environment", async () => {
  expect(await output(left, "echo $WHO $LEFT_ONLY")).toBe("left yes\n");
  expect(await output(right, "echo $WHO $LEFT_ONLY; env | grep LEFT")).toBe("right\n");
  process.env["ISOPOD_TEST_HOST_ONLY"] = "1";
  expect(await output(left, "env | grep -c ISOPOD_TEST_HOST_ONLY; env | grep -c ^WHO=")).toBe(
    "0\n1\n",
  );
});

test("processes: each sees and signals its own alone", async () => {
  const child = await left.spawn(["sleep", "1000"]);
  expect(await output(left, "pgrep -x sleep | wc -l")).toBe("1\n");
  expect(await output(right, "pgrep -x sleep | wc -l")).toBe("0\n");
  const listed = await output(right, "cat /proc/[0-9]*/cmdline | tr '\\0' ' '");
  expect(listed).not.toContain("sleep 1000");
  expect(await output(left, "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")).toContain("sleep 1000");
  // Everything that the right machine may signal, in both machines' numbers, but itself.
  await right.exec(`kill -KILL ${child.pid} -1`, { user: "root" }).catch(() => undefined);
  expect(await output(left, `kill -0 ${child.pid} && echo runs`)).toBe("runs\n");
  await child.kill("SIGTERM");
  expect((await child.exit).signal).toBe("SIGTERM");
});

test("terminals", async () => {
  const terminal = await left.openTerminal({ cols: 80, rows: 24 });
  expect(await output(left, "ls /dev/pts | grep -v ptmx | wc -l")).toBe("1\n");
  expect(await output(right, "ls /dev/pts | grep -v ptmx | wc -l")).toBe("0\n");
  expect(await output(right, "echo intruder > /dev/pts/0")).toContain("/dev/pts/0: ");
  await terminal[Symbol.asyncDispose]();
});

test("host names, users and working directories", async () => {
  await using named = await createVm({ hostname: "elsewhere" });
  expect(await output(named, "hostname; uname -n; cat /proc/sys/kernel/hostname")).toBe(
    "elsewhere\n".repeat(3),
  );
  expect(await output(right, "hostname; cd /tmp; umask 077; export X=1")).toBe("isopod\n");
  expect(await output(right, "pwd; umask; echo [$X]")).toBe("/home/user\n0022\n[]\n");
});

test("the host's files are not there unless they were granted", async () => {
  const here = import.meta.filename;
  expect(await output(left, `ls ${here}`)).toContain("No such file or directory");
  await using granted = await createVm({
    mounts: { "/mnt/here": hostDirectory(import.meta.dirname) },
  });
  expect(await output(granted, "ls /mnt/here")).toContain("isolation.test.ts");
  expect(await output(granted, "cat /mnt/here/../../../etc/hostname")).toBe("isopod\n");
  expect(await output(granted, "echo x > /mnt/here/x")).toContain("Read-only file system");
});
