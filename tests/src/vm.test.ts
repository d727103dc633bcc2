/** Machines over the kernel Worker, with programs that need no shell. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { createVm, memory, type Vm, type VmProcess } from "../../src/index.ts";

const run = promisify(execFile);

async function collect(child: VmProcess) {
  const [stdout, stderr, exit] = await Promise.all([
    text(child.stdout as never),
    text(child.stderr as never),
    child.exit,
  ]);
  return { stdout, stderr, ...exit };
}

const spawned = async (vm: Vm, ...argv: string[]) => collect(await vm.spawn(argv));

test("a program's output, errors and status", async () => {
  await using vm = await createVm();
  expect(await spawned(vm, "uname", "-n")).toEqual({
    stdout: "isopod\n",
    stderr: "",
    exitCode: 0,
    signal: undefined,
  });
  expect(await spawned(vm, "cat", "/none")).toMatchObject({
    stdout: "",
    stderr: expect.stringContaining("/none"),
    exitCode: 1,
  });
});

test("what cannot be started rejects and says why", async () => {
  await using vm = await createVm();
  await expect(vm.spawn(["nope"])).rejects.toMatchObject({ code: "ENOENT", syscall: "spawn nope" });
  await expect(vm.spawn(["/etc/passwd"])).rejects.toMatchObject({ code: "EACCES" });
  await expect(vm.spawn(["uname"], { cwd: "/none" })).rejects.toThrow(
    /"\/none".*cannot be entered/,
  );
  await expect(vm.spawn(["uname"], { user: "bob" })).rejects.toThrow(/no user "bob"/);
});

test("environment, working directory and user", async () => {
  await using vm = await createVm({ env: { FROM: "vm", GONE: "x" }, hostname: "other" });
  const child = await vm.spawn(["env"], { env: { MINE: "1", GONE: undefined }, cwd: "/tmp" });
  const { stdout } = await collect(child);
  expect(
    Object.fromEntries(
      stdout
        .trim()
        .split("\n")
        .map((line) => line.split("=", 2)),
    ),
  ).toEqual({
    HOME: "/home/user",
    USER: "user",
    LOGNAME: "user",
    SHELL: "/bin/bash",
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    LANG: "C.UTF-8",
    PWD: "/tmp",
    FROM: "vm",
    MINE: "1",
  });
  expect((await spawned(vm, "hostname")).stdout).toBe("other\n");
  expect((await collect(await vm.spawn(["id", "-u"], { user: "root" }))).stdout).toBe("0\n");
  expect((await spawned(vm, "id", "-un")).stdout).toBe("user\n");
});

test("input goes in piece by piece, and a slow reader stops the writer", async () => {
  await using vm = await createVm();
  const child = await vm.spawn(["cat"], { stderr: "ignore" });
  const writer = child.stdin.getWriter();
  let written = 0;
  const writing = (async () => {
    for (let i = 0; i < 64; i++) {
      await writer.write(new Uint8Array(1 << 20));
      written++;
    }
    await writer.close();
  })();
  const reader = child.stdout.getReader();
  await reader.read();
  // Pipes hold a megabyte each way: nothing near all of it was taken before somebody reads.
  await expect.poll(() => written).toBeGreaterThan(0);
  expect(written).toBeLessThan(16);
  reader.releaseLock();
  let total = 0;
  for await (const chunk of child.stdout) total += chunk.length;
  await writing;
  expect(written).toBe(64);
  expect(total).toBeGreaterThan(60 << 20);
  expect(await child.exit).toEqual({ exitCode: 0, signal: undefined });
});

test("stderr can join stdout, and streams can be left out", async () => {
  await using vm = await createVm();
  const joined = await collect(await vm.spawn(["cat", "/none"], { stderr: "stdout" }));
  expect(joined.stdout).toContain("/none");
  const silent = await vm.spawn(["seq", "100000"], { stdout: "ignore" });
  expect((await collect(silent)).stdout).toBe("");
});

test("a reader that gives up ends the writer by SIGPIPE", async () => {
  await using vm = await createVm();
  const child = await vm.spawn(["yes"]);
  await child.stdout.cancel();
  expect(await child.exit).toEqual({ exitCode: 141, signal: "SIGPIPE" });
});

test("kill, and abort by signal", async () => {
  await using vm = await createVm();
  const one = await vm.spawn(["sleep", "1000"]);
  await one.kill();
  expect(await one.exit).toEqual({ exitCode: 143, signal: "SIGTERM" });
  await one.kill();
  const controller = new AbortController();
  const two = await vm.spawn(["sleep", "1000"], { signal: controller.signal });
  controller.abort();
  expect((await two.exit).signal).toBe("SIGKILL");
  await expect(vm.spawn(["true"], { signal: AbortSignal.abort() })).rejects.toThrow();
  await expect(vm.kill(two.pid)).rejects.toMatchObject({ code: "ESRCH" });
});

test("processes are listed while they run", async () => {
  await using vm = await createVm();
  const child = await vm.spawn(["sleep", "1000"]);
  expect(await vm.processes()).toMatchObject([
    { pid: child.pid, ppid: 1, uid: 1000, command: "sleep", argv: ["sleep", "1000"] },
  ]);
  await child.kill("SIGKILL");
  await child.exit;
  expect(await vm.processes()).toEqual([]);
});

test("a terminal: size, resize, keys, end", async () => {
  await using vm = await createVm();
  const terminal = await vm.openTerminal({ argv: ["cat"], cols: 90, rows: 30 });
  let screen = "";
  terminal.onData((data) => {
    screen += Buffer.from(data).toString();
  });
  await terminal.write("typed\n");
  await expect.poll(() => screen).toBe("typed\r\ntyped\r\n");
  await terminal.resize({ cols: 50, rows: 10 });
  const size = await vm.openTerminal({ argv: ["stty", "size"], cols: 90, rows: 30 });
  expect(await text(size.output as never)).toBe("30 90\r\n");
  await terminal.write("\x04");
  expect(await terminal.exit).toEqual({ exitCode: 0, signal: undefined });
});

test("Ctrl-C on a terminal ends what runs there", async () => {
  await using vm = await createVm();
  const terminal = await vm.openTerminal({ argv: ["sleep", "1000"] });
  await terminal.write("\x03");
  expect((await terminal.exit).signal).toBe("SIGINT");
});

test("memory can be mounted and taken away", async () => {
  await using vm = await createVm();
  await vm.mount("/mnt/scratch", memory());
  await vm.fs.writeFile("/mnt/scratch/file", "x");
  expect(await vm.fs.readFile("/proc/mounts", "utf8")).toMatch(/tmpfs \/mnt\/scratch tmpfs /);
  await vm.unmount("/mnt/scratch");
  await expect(vm.fs.readFile("/mnt/scratch/file")).rejects.toMatchObject({ code: "ENOENT" });
  await expect(vm.unmount("/mnt/scratch")).rejects.toMatchObject({ code: "EINVAL" });
});

test("after dispose everything rejects, what was under way too", async () => {
  const vm = await createVm();
  const child = await vm.spawn(["sleep", "1000"]);
  const pending = Promise.allSettled([child.exit, child.stdout.getReader().read()]);
  await vm.dispose();
  await vm.dispose();
  for (const result of await pending) {
    expect(result).toMatchObject({ status: "rejected", reason: { code: "ERR_VM_DISPOSED" } });
  }
  await expect(vm.fs.readFile("/etc/passwd")).rejects.toMatchObject({ code: "ERR_VM_DISPOSED" });
  await expect(vm.spawn(["true"])).rejects.toMatchObject({ code: "ERR_VM_DISPOSED" });
});

test("a trace tells the calls of programs, not the host's own", async () => {
  await using vm = await createVm();
  const lines: string[] = [];
  await vm.trace((line) => lines.push(line));
  await spawned(vm, "cat", "/etc/hostname");
  await vm.trace(undefined);
  expect(lines.join("\n")).toMatch(/openat\(.*"\/etc\/hostname"/);
  expect(lines.some((line) => line.startsWith("[pid 1]"))).toBe(false);
  const count = lines.length;
  await spawned(vm, "true");
  expect(lines.length).toBe(count);
});

test("2,000 files read at once", async () => {
  await using vm = await createVm();
  await vm.fs.mkdir("/tmp/many");
  await Promise.all(
    Array.from({ length: 2000 }, (_, i) => vm.fs.writeFile(`/tmp/many/${i}`, `file ${i}`)),
  );
  const texts = await Promise.all(
    Array.from({ length: 2000 }, (_, i) => vm.fs.readFile(`/tmp/many/${i}`, "utf8")),
  );
  expect(texts.every((content, i) => content === `file ${i}`)).toBe(true);
});

// Each in a process of its own, for what becomes of the process is the question.
const child = (script: string) =>
  run(process.execPath, ["--input-type=module", "-e", script], {
    cwd: join(import.meta.dirname, "../.."),
    timeout: 110_000,
  });
const HEAD = 'import { createVm } from "./src/index.ts"; const vm = await createVm();';

test.each([
  ["disposed", "await vm.dispose();"],
  ["not disposed", ""],
  ["while it is traced", "await vm.trace(() => {}); await vm.exec('true');"],
  ["with a live guest", 'await vm.spawn(["sleep", "1000"]);'],
  ["with a context that waits", 'await vm.evaluate("1", { context: "kept" }); await vm.dispose();'],
  ["with a live guest and a terminal", 'await vm.openTerminal({ argv: ["cat"] });'],
])("the process ends by itself: %s", async (_name, script) => {
  const { stdout, stderr } = await child(`${HEAD} ${script} console.log("end");`);
  expect({ stdout, stderr }).toEqual({ stdout: "end\n", stderr: "" });
});

test("process.exit and an uncaught error with live guests do not crash", async () => {
  const live = 'for (let i = 0; i < 5; i++) await vm.spawn(["yes"]);';
  expect(await child(`${HEAD} ${live} console.log("end"); process.exit(0);`)).toMatchObject({
    stdout: "end\n",
    stderr: "",
  });
  await expect(child(`${HEAD} ${live} throw new Error("mine");`)).rejects.toMatchObject({
    code: 1,
    signal: null,
    stderr: expect.stringContaining("Error: mine"),
  });
});

test("when the kernel Worker dies, calls reject and the next machine gets a new one", async () => {
  const script = `
    import { Worker } from "node:worker_threads";
    const workers = [];
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (...args) {
      if (!workers.includes(this)) workers.push(this);
      return postMessage.apply(this, args);
    };
    const { createVm } = await import("./src/index.ts");
    const vm = await createVm();
    const child = await vm.spawn(["sleep", "1000"]);
    const pending = Promise.allSettled([child.exit, vm.fs.readFile("/dev/tty")]);
    workers[0].postMessage({ id: "x", type: "APPLY", path: ["create"], argumentList: 5 });
    const [exit] = await pending;
    const later = await vm.fs.readFile("/etc/passwd").catch((error) => error);
    await vm.dispose();
    await using next = await createVm();
    const hostname = await next.fs.readFile("/etc/hostname", "utf8");
    console.log(JSON.stringify([exit.reason.code, later.code, hostname]));`;
  const { stdout } = await child(script);
  expect(JSON.parse(stdout)).toEqual(["ERR_KERNEL_DIED", "ERR_KERNEL_DIED", "isopod\n"]);
});
