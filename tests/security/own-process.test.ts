/**
 * Machines with a kernel in a process of its own: what ends that process, a guest's one line or anybody's
 * SIGKILL, ends nothing else, and that process ends with whoever made it. Linux, because /proc tells.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createVm, directoryStore, memoryStore, tool, type Vm } from "../../src/index.ts";
import { processThread } from "../../src/thread/process-thread.ts";
import { startServer } from "../src/remote/server.ts";

/** V8 aborts: no heap can have this array. */
const ABORT = `node -e '"a".repeat(2 ** 28).split("")'`;
const ROOT = resolve(import.meta.dirname, "../..");

const died = {
  code: "ERR_KERNEL_DIED",
  message: expect.stringMatching(/^the machine's process died, and nothing else with it: SIG\w+/),
};

/** Kernels' processes that `parent` has. */
function kernelsOf(parent: number): number[] {
  const tasks = readdirSync(`/proc/${parent}/task`);
  const children = tasks.flatMap((task) => words(`/proc/${parent}/task/${task}/children`, " "));
  const commands = children.map(
    (pid) => [Number(pid), words(`/proc/${pid}/cmdline`, "\0")] as const,
  );
  return commands.filter(([, argv]) => argv.some(isKernel)).map(([pid]) => pid);
}

const isKernel = (word: string) => /\/kernel-process\.[jt]s$/.test(word);

function words(file: string, separator: string): string[] {
  try {
    return readFileSync(file, "utf8").split(separator).filter(Boolean);
  } catch {
    // Of a thread or process that has gone meanwhile.
    return [];
  }
}

/** Where a zombie does not count. */
function runs(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** A machine, and the process that it has. */
async function machineAlone(options: Parameters<typeof createVm>[0] = {}) {
  const before = kernelsOf(process.pid);
  const vm = await createVm({ ...options, kernel: "process" });
  const [pid] = kernelsOf(process.pid).filter((each) => !before.includes(each));
  if (pid === undefined) throw new Error("the machine has no process");
  return { vm, pid };
}

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => "nothing",
    (reason: unknown) => (reason as { code?: unknown }).code,
  );
}

describe.skipIf(process.platform !== "linux")("a kernel in a process of its own", () => {
  let neighbour: Vm;
  let folder: string;
  beforeAll(async () => {
    neighbour = await createVm();
    folder = await mkdtemp(join(tmpdir(), "isopod-own-process-"));
  });
  afterAll(async () => {
    await neighbour.dispose();
    await rm(folder, { recursive: true });
  });

  const others = async () => expect((await neighbour.exec("echo here")).stdout).toBe("here\n");

  test("a line over which V8 aborts ends its own machine alone, and all that waits for it", async () => {
    let isAborted = false;
    const { vm, pid } = await machineAlone({
      tools: {
        linger: tool({
          description: "Waits until it is ended.",
          run: (_input, { signal }) =>
            new Promise((_resolve, reject) => {
              signal.addEventListener("abort", () => {
                isAborted = true;
                reject(signal.reason);
              });
            }),
        }),
      },
    });
    await using other = (await machineAlone()).vm;
    const sleeper = await vm.spawn(["sleep", "1000"]);
    const terminal = await vm.openTerminal();
    const crossings = vm.crossings().getReader();
    const waits = Promise.all([
      codeOf(sleeper.exit),
      codeOf(text(sleeper.stdout as never)),
      codeOf(terminal.exit),
      codeOf(text(terminal.output as never)),
      codeOf(vm.exec("linger")),
    ]);
    const heard = (async () => {
      while (!(await crossings.read()).done);
      return "over";
    })();
    await expect(vm.exec(ABORT)).rejects.toMatchObject({
      ...died,
      message: expect.stringMatching(
        /: SIG\w+, Fatal JavaScript invalid size error .*store is there/,
      ),
    });
    expect(await waits).toEqual(Array(5).fill("ERR_KERNEL_DIED"));
    expect(await heard).toBe("over");
    expect(isAborted).toBe(true);
    expect(runs(pid)).toBe(false);
    await expect(vm.fs.readFile("/etc/hostname")).rejects.toMatchObject(died);
    await vm.dispose();
    await expect(vm.exec("true")).rejects.toMatchObject({ code: "ERR_VM_DISPOSED" });
    expect((await other.exec("echo here")).stdout).toBe("here\n");
    await others();
  });

  test("the control: in the process's own Worker the same line ends the process", async () => {
    const host = startHost(`await (await createVm()).exec(${JSON.stringify(ABORT)});`);
    const [[status, signal], stderr] = await Promise.all([
      host.end,
      text(host.child.stderr as never),
    ]);
    expect(status).toBe(null);
    expect(signal).toMatch(/^SIG/);
    expect(stderr).toContain("Fatal JavaScript invalid size error");
  });

  test("after a SIGKILL what was committed is there, and the machine's name is free", async () => {
    const store = directoryStore(join(folder, "kept"));
    const { vm, pid } = await machineAlone({ store, name: "kept", commit: "manual" });
    await vm.fs.writeFile("note", "committed");
    await vm.commit();
    await vm.fs.writeFile("note", "not committed");
    const waits = codeOf(vm.exec("sleep 1000"));
    process.kill(pid, "SIGKILL");
    expect(await waits).toBe("ERR_KERNEL_DIED");
    await expect(vm.commit()).rejects.toMatchObject({
      ...died,
      message: expect.stringContaining("SIGKILL"),
    });
    for (const kernel of ["process", "worker"] as const) {
      await using again = await createVm({ store, name: "kept", kernel });
      expect(await again.fs.readFile("note", "utf8")).toBe("committed");
    }
  });

  test("its process ends with its last machine; a fork lives in the same one", async () => {
    const { vm, pid } = await machineAlone();
    await vm.fs.writeFile("note", "common");
    const fork = await vm.fork();
    expect(kernelsOf(process.pid).filter((each) => each === pid)).toEqual([pid]);
    await vm.dispose();
    expect(await fork.fs.readFile("note", "utf8")).toBe("common");
    await fork.dispose();
    expect(runs(pid)).toBe(false);
    const next = await machineAlone();
    const second = await next.vm.fork();
    process.kill(next.pid, "SIGKILL");
    await expect(second.exec("true")).rejects.toMatchObject(died);
    await Promise.all([next.vm.dispose(), second.dispose()]);
    await others();
  });

  test.each([
    ["is killed", "", (host: ChildProcess) => host.kill("SIGKILL")],
    ["exits", "process.exit(0);", () => {}],
    ["has nothing left to do", "", () => {}],
    ["throws", 'throw new Error("mine");', () => {}],
  ])("nothing stays when the embedder %s", async (name, end, kill) => {
    const stay = name === "is killed" ? "setInterval(() => {}, 1000);" : "";
    const store = join(folder, name.replaceAll(" ", "-"));
    const host = startHost(`
      const store = directoryStore(${JSON.stringify(store)});
      const vm = await createVm({ kernel: "process", store, name: "left", commit: "manual" });
      await vm.spawn(["sh", "-c", "while :; do :; done"]);
      await vm.fs.writeFile("note", "left");
      await vm.commit();
      ${stay} console.log("ready"); process.stdin.once("data", () => { process.stdin.unref(); ${end} });`);
    await host.ready;
    const kernels = kernelsOf(host.child.pid as number);
    expect(kernels.map(runs)).toEqual([true]);
    host.child.stdin?.write("go\n");
    kill(host.child);
    await host.end;
    await expect.poll(() => kernels.some(runs)).toBe(false);
    await using again = await createVm({ store: directoryStore(store), name: "left" });
    expect(await again.fs.readFile("note", "utf8")).toBe("left");
  });

  test("it has nothing of the embedder's but what it needs", async () => {
    const file = openSync("/etc/hostname", "r");
    process.env["ISOPOD_TEST_SECRET"] = "of the embedder";
    try {
      const { vm, pid } = await machineAlone();
      const own = words(`/proc/${process.pid}/environ`, "\0").length;
      expect(own).toBeGreaterThan(0);
      const names = words(`/proc/${pid}/environ`, "\0").map((entry) => entry.split("=")[0]);
      expect(names).toContain("PATH");
      const foreign = names.filter((each) =>
        /SECRET|VITEST|NODE_OPTIONS|NODE_ENV/.test(each ?? ""),
      );
      expect(foreign).toEqual([]);
      expect(filesOf(process.pid)).toContain("/etc/hostname");
      expect(filesOf(pid)).not.toContain("/etc/hostname");
      const argv = words(`/proc/${pid}/cmdline`, "\0").slice(1);
      expect(argv.filter((each) => !isKernel(each))).toEqual(["--max-semi-space-size=3"]);
      await vm.dispose();
    } finally {
      closeSync(file);
      delete process.env["ISOPOD_TEST_SECRET"];
    }
  });

  test("signals that a terminal sends to a whole group are the embedder's to answer", async () => {
    const { vm, pid } = await machineAlone();
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]) process.kill(pid, signal);
    expect((await vm.exec("echo here")).stdout).toBe("here\n");
    await vm.dispose();
    expect(runs(pid)).toBe(false);
  });

  test("memory of other processes is refused by name", async () => {
    const message = expect.stringMatching(
      /^createVm: store is in the memory .* directoryStore\(path\)/,
    );
    const refused = { code: "ERR_INVALID_OPTION", message };
    const options = { kernel: "process", store: memoryStore("own") } as const;
    await expect(createVm(options)).rejects.toMatchObject(refused);
    const snapshot = await neighbour.snapshot();
    await expect(createVm({ kernel: "process", from: snapshot })).rejects.toMatchObject({
      message: expect.stringMatching(/^createVm: from is in the memory/),
    });
    await using same = await createVm({ from: snapshot });
    expect((await same.exec("echo here")).stdout).toBe("here\n");
  });

  test("a server's machines: one dies, the others go on, and it is switched on again", async () => {
    const kept = join(folder, "served");
    await using server = await startServer({}, kept, undefined, { thread: processThread });
    await using first = await server.host.createVm({ name: "first" });
    await using second = await server.host.createVm({ name: "second" });
    await first.fs.writeFile("note", "kept");
    await first.commit();
    await expect(first.exec(ABORT)).rejects.toMatchObject({ code: "ERR_KERNEL_DIED" });
    expect((await second.exec("echo here")).stdout).toBe("here\n");
    await using again = await server.host.vm("first");
    expect(await again.fs.readFile("note", "utf8")).toBe("kept");
  });
});

function filesOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((fd) => {
    try {
      return [readlinkSync(join(folder, fd))];
    } catch {
      return [];
    }
  });
}

/** A process that embeds machines, by the library as it is built; `ready` once it says so. */
function startHost(script: string) {
  const head = 'const { createVm, directoryStore } = await import("./dist/node/index.js");';
  const args = ["--no-warnings", "--input-type=module", "-e", head + script];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["pipe", "pipe", "pipe"] });
  const end = new Promise<[number | null, NodeJS.Signals | null]>((settle) => {
    child.on("close", (status, signal) => settle([status, signal]));
  });
  const ready = new Promise<void>((settle, fail) => {
    child.stdout.on("data", (data) => String(data).includes("ready") && settle());
    void end.then(() => fail(new Error("it ended before it was ready")));
  });
  ready.catch(() => {});
  return { child, end, ready };
}
