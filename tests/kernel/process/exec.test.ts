/** execve: what may run, what it becomes, and what of the process stays. */
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  AT_FDCWD,
  type BinaryFormat,
  decodeUtf8,
  type ExecutableFile,
  F_SETFD,
  FD_CLOEXEC,
  type Kernel,
  type Main,
  MS_BIND,
  MS_NOEXEC,
  MS_NOSUID,
  MS_REMOUNT,
  SIG_CATCH,
  SIG_IGN,
  Signal,
} from "../../../kernel/index.ts";
import { sleepFor } from "../../../kernel/wait/sleep.ts";
import { bootKernel, codeOf, now, recorded, run, turns, writeExecutable } from "../boot.ts";

/** What the last program that ran saw. */
let seen: { argv: readonly string[]; envp: readonly string[]; command: string; exe: string };
let kernel: Kernel;

const show: Main = (sys) => {
  const process = kernel.processes.get(sys.pid);
  seen = {
    argv: sys.argv,
    envp: sys.envp,
    command: process?.command ?? "",
    exe: process?.executable ?? "",
  };
  return 0;
};

beforeEach(() => {
  kernel = bootKernel({ show, other: () => 42 });
});
afterEach(() => kernel.shutdown());

/** Executes in a child of its own: the error's name, or the status. */
async function exec(path: string, argv: string[] = [path], envp: string[] = []): Promise<unknown> {
  let code: string | undefined;
  const status = await run(kernel, async (sys) => {
    code = await codeOf(() => sys.execve(path, argv, envp));
    return 1;
  });
  return code ?? status >> 8;
}

test("a program inside the kernel gets its arguments and environment", async () => {
  expect(await exec("/bin/show", ["name", "a", "\udcff"], ["A=1", "B="])).toBe(0);
  expect(seen).toEqual({
    argv: ["name", "a", "\udcff"],
    envp: ["A=1", "B="],
    command: "show",
    exe: "/bin/show",
  });
});

test("no arguments at all become one empty name", async () => {
  expect(await exec("/bin/show", [])).toBe(0);
  expect(seen.argv).toEqual([""]);
});

test("a script runs its interpreter, and interpreters of interpreters", async () => {
  writeExecutable(kernel, "/tmp/script", "#!/bin/show -x y\n");
  expect(await exec("/tmp/script", ["ignored", "a"])).toBe(0);
  expect(seen).toMatchObject({
    argv: ["/bin/show", "-x y", "/tmp/script", "a"],
    command: "script",
    exe: "/bin/show",
  });
  writeExecutable(kernel, "/tmp/outer", "#!/tmp/script\n");
  expect(await exec("/tmp/outer", ["ignored", "b"])).toBe(0);
  expect(seen.argv).toEqual(["/bin/show", "-x y", "/tmp/script", "/tmp/outer", "b"]);
});

test("scripts nest five deep and no deeper", async () => {
  let interpreter = "/bin/show";
  for (let depth = 1; depth <= 6; depth++) {
    const path = `/tmp/level${depth}`;
    writeExecutable(kernel, path, `#!${interpreter}\n`);
    expect(await exec(path)).toBe(depth <= 5 ? 0 : "ELOOP");
    interpreter = path;
  }
  writeExecutable(kernel, "/tmp/self", "#!/tmp/self\n");
  expect(await exec("/tmp/self")).toBe("ELOOP");
});

test("paths are relative to the working directory, symbolic links are followed", async () => {
  const { init } = kernel;
  now(init.symlinkat("/bin/show", AT_FDCWD, "/tmp/link"));
  now(init.chdir("/tmp"));
  expect(await exec("link")).toBe(0);
  expect(seen).toMatchObject({ command: "link", exe: "/bin/show" });
});

test("what cannot run says why", async () => {
  const { init } = kernel;
  expect(await exec("/bin/missing")).toBe("ENOENT");
  expect(await exec("")).toBe("ENOENT");
  expect(await exec("/bin/show/x")).toBe("ENOTDIR");
  expect(await exec("/bin")).toBe("EACCES");
  writeExecutable(kernel, "/tmp/plain", "#!isopod:show\n", 0o644);
  expect(await exec("/tmp/plain")).toBe("EACCES");
  now(init.fchmodat(AT_FDCWD, "/tmp/plain", 0o755, 0));
  expect(await exec("/tmp/plain")).toBe(0);
  for (const text of ["", "echo", "#!\n", "#!isopod:nobody\n", "\0asm"]) {
    writeExecutable(kernel, "/tmp/plain", text);
    expect(await exec("/tmp/plain"), JSON.stringify(text)).toBe("ENOEXEC");
  }
  writeExecutable(kernel, "/tmp/plain", "#!/bin/gone\n");
  expect(await exec("/tmp/plain")).toBe("ENOENT");
  now(init.symlinkat("loop", AT_FDCWD, "/tmp/loop"));
  expect(await exec("/tmp/loop")).toBe("ELOOP");
});

test("nothing runs from a mount that says noexec", async () => {
  const { init } = kernel;
  now(init.mount("none", "/tmp", "tmpfs", 0, ""));
  writeExecutable(kernel, "/tmp/show", "#!isopod:show\n");
  expect(await exec("/tmp/show")).toBe(0);
  now(init.mount("none", "/tmp", "", MS_REMOUNT | MS_BIND | MS_NOEXEC, ""));
  expect(await exec("/tmp/show")).toBe("EACCES");
});

test("arguments and environment are limited together and each for itself", async () => {
  expect(await exec("/bin/show", ["x".repeat(131_071)])).toBe(0);
  expect(await exec("/bin/show", ["x".repeat(131_072)])).toBe("E2BIG");
  expect(await exec("/bin/show", ["é".repeat(70_000)])).toBe("E2BIG");
  const many = Array.from({ length: 19 }, () => "x".repeat(100_000));
  expect(await exec("/bin/show", many)).toBe(0);
  expect(await exec("/bin/show", many, many)).toBe("E2BIG");
  expect(
    await exec(
      "/bin/show",
      Array.from({ length: 300_000 }, () => ""),
    ),
  ).toBe("E2BIG");
  expect(await exec("/bin/show", ["a\0b"])).toBe("EINVAL");
});

test("a failed exec changes nothing", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    const [reader] = now(sys.pipe2(0)) as [number];
    now(sys.fcntl(reader, F_SETFD, FD_CLOEXEC));
    now(sys.rt_sigaction(Signal.SIGINT, { handler: SIG_CATCH, mask: 0n, flags: 0 }));
    note(await codeOf(() => sys.execve("/bin/missing", [], [])));
    note(now(sys.fcntl(reader, 1, 0)), now(sys.rt_sigaction(Signal.SIGINT, undefined)).handler);
  });
  expect(notes).toEqual(["ENOENT", FD_CLOEXEC, SIG_CATCH]);
});

test("exec keeps the process, its open files, masks, timers and ignored signals", async () => {
  const kept: unknown[] = [];
  kernel.shutdown();
  kernel = bootKernel({
    next: async (sys) => {
      const process = kernel.processes.get(sys.pid);
      kept.push(process?.fds.numbers(), process?.group.id === sys.pid);
      kept.push(now(sys.rt_sigaction(Signal.SIGINT, undefined)).handler);
      kept.push(now(sys.rt_sigaction(Signal.SIGTERM, undefined)).handler);
      kept.push(now(sys.rt_sigprocmask(0, undefined)), now(sys.rt_sigpending()));
      kept.push(now(sys.getitimer(0)).value > 0n, now(sys.umask(0)));
      return 0;
    },
  });
  let pid = 0;
  const mask = 1n << BigInt(Signal.SIGUSR1 - 1);
  const status = await run(kernel, async (sys) => {
    pid = sys.pid;
    now(sys.setpgid(0, 0));
    const [reader, writer] = now(sys.pipe2(0)) as [number, number];
    now(sys.dup(reader));
    now(sys.fcntl(writer, F_SETFD, FD_CLOEXEC));
    now(sys.rt_sigaction(Signal.SIGINT, { handler: SIG_CATCH, mask: 0n, flags: 0 }));
    now(sys.rt_sigaction(Signal.SIGTERM, { handler: SIG_IGN, mask: 0n, flags: 0 }));
    now(sys.rt_sigprocmask(2, mask));
    await sys.kill(sys.pid, Signal.SIGUSR1);
    now(sys.setitimer(0, { value: 10n ** 12n, interval: 0n }));
    now(sys.umask(0o27));
    await sys.execve("/bin/next", ["next"], []);
    return 1;
  });
  expect(status).toBe(0);
  expect(pid).toBeGreaterThan(1);
  expect(kept).toEqual([[0, 2], true, 0, SIG_IGN, mask, mask, true, 0o27]);
});

test("the old program unwinds at once and makes no further call", async () => {
  const steps: string[] = [];
  const status = await run(kernel, async (sys) => {
    void Promise.resolve(sys.clock_nanosleep(1, 0, 10n ** 12n)).catch(() => steps.push("sleeper"));
    try {
      await sys.execve("/bin/other", [], []);
    } finally {
      try {
        sys.getpid();
        steps.push("called");
      } catch {
        steps.push("unwound");
      }
    }
    return 1;
  });
  await turns();
  expect(status).toBe(42 << 8);
  expect(steps.sort()).toEqual(["sleeper", "unwound"]);
});

test("set-user-ID and set-group-ID switch the effective ids, but not on a nosuid mount", async () => {
  let ids: unknown;
  kernel.shutdown();
  kernel = bootKernel({
    ids: (sys) => {
      ids = [now(sys.getresuid()), now(sys.getresgid())];
      return 0;
    },
  });
  const { init } = kernel;
  now(init.mount("none", "/tmp", "tmpfs", 0, ""));
  writeExecutable(kernel, "/tmp/ids", "#!isopod:ids\n");
  now(init.fchownat(AT_FDCWD, "/tmp/ids", 10, 20, 0));
  const runAs1000 = () =>
    run(kernel, async (sys) => {
      now(sys.setresgid(1000, 1000, 1000));
      now(sys.setresuid(1000, 1000, 1000));
      await sys.execve("/tmp/ids", [], []);
      return 1;
    });
  const plain = { real: 1000, effective: 1000, saved: 1000 };
  expect(await runAs1000()).toBe(0);
  expect(ids).toEqual([plain, plain]);
  now(init.fchmodat(AT_FDCWD, "/tmp/ids", 0o6755, 0));
  expect(await runAs1000()).toBe(0);
  expect(ids).toEqual([
    { real: 1000, effective: 10, saved: 10 },
    { real: 1000, effective: 20, saved: 20 },
  ]);
  now(init.mount("none", "/tmp", "", MS_REMOUNT | MS_BIND | MS_NOSUID, ""));
  expect(await runAs1000()).toBe(0);
  expect(ids).toEqual([plain, plain]);
});

test("the host's privilege ends with the first exec of a user's process", async () => {
  kernel.shutdown();
  let privileged: boolean | undefined;
  kernel = bootKernel(
    {
      check: (sys) => {
        privileged = kernel.processes.get(sys.pid)?.credentials.privileged;
        return 0;
      },
    },
    { owner: { uid: 1000, gid: 1000 } },
  );
  expect(await exec("/bin/check")).toBe(0);
  expect(privileged).toBe(false);
});

test("a binary format gets the file, may fetch before it starts, and may refuse it", async () => {
  kernel.shutdown();
  const files: ExecutableFile[] = [];
  const fetched = new Map<object, boolean>();
  const started: number[] = [];
  let stopped = 0;
  const format: BinaryFormat = {
    name: "test",
    matches: (head) => decodeUtf8(head).startsWith("BIN"),
    load(file) {
      if (!fetched.has(file.inode)) {
        const { inode } = file;
        sleepFor(turns(1).then(() => fetched.set(inode, true)));
      }
      files.push(file);
      return {
        start(gate) {
          started.push(gate.process.pid);
          void turns(1).then(() => gate.closed || gate.kernel.processes.exit(gate.process, 6));
          return { stop: () => stopped++ };
        },
      };
    },
  };
  kernel = bootKernel({}, { formats: [format] });
  writeExecutable(kernel, "/tmp/bin", "BINARY");
  expect(await exec("/tmp/bin")).toBe(6);
  expect(started.length).toBe(1);
  expect(stopped).toBe(1);
  expect(decodeUtf8(files[0]?.read() as Uint8Array)).toBe("BINARY");
  expect(files[0]).toMatchObject({ path: "/tmp/bin", size: 6 });
  const { version } = files[0] as ExecutableFile;
  writeExecutable(kernel, "/tmp/bin", "BINNEW");
  expect(await exec("/tmp/bin")).toBe(6);
  expect(files[1]?.inode).toBe(files[0]?.inode);
  expect(files[1]?.version).not.toBe(version);
});
