/** spawn: attributes, file actions, and errors that leave no child behind. */
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  AT_FDCWD,
  decodeUtf8,
  encodeUtf8,
  F_SETFD,
  FD_CLOEXEC,
  type Kernel,
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_EXCL,
  O_RDONLY,
  O_WRONLY,
  Resource,
  S_IFIFO,
  SIG_CATCH,
  SIG_IGN,
  Signal,
  type SpawnAction,
  type SpawnAttributes,
  SpawnOp,
  type Sys,
} from "../../../kernel/index.ts";
import {
  bootKernel,
  codeOf,
  NO_ATTRIBUTES,
  now,
  recorded,
  turns,
  writeExecutable,
} from "../boot.ts";

/** What the spawned program saw of itself. */
let child: {
  pid: number;
  pgid: number;
  sid: number;
  cwd: string;
  uid: number;
  gid: number;
  groups: readonly number[];
  blocked: bigint;
  handlers: number[];
  fds: number[];
};
let kernel: Kernel;

beforeEach(() => {
  kernel = bootKernel({
    report: (sys) => {
      child = {
        pid: sys.pid,
        pgid: now(sys.getpgid(0)),
        sid: now(sys.getsid(0)),
        cwd: now(sys.getcwd()),
        uid: now(sys.getresuid()).effective,
        gid: now(sys.getresgid()).effective,
        groups: now(sys.getgroups()),
        blocked: now(sys.rt_sigprocmask(0, undefined)),
        handlers: [Signal.SIGINT, Signal.SIGTERM].map(
          (signal) => now(sys.rt_sigaction(signal, undefined)).handler,
        ),
        fds: kernel.processes.get(sys.pid)?.fds.numbers() ?? [],
      };
      return 0;
    },
    hello: async (sys) => {
      await sys.write(1, encodeUtf8("hello"));
      return 3;
    },
    pause: async (sys) => {
      await sys.rt_sigsuspend(0n);
      return 0;
    },
  });
});
afterEach(() => kernel.shutdown());

function attributes(given: Partial<SpawnAttributes> = {}): SpawnAttributes {
  return { ...NO_ATTRIBUTES, ...given };
}

function action(op: SpawnOp, given: Partial<SpawnAction> = {}): SpawnAction {
  return { op, fd: 0, source: 0, flags: 0, mode: 0, path: "", ...given };
}

async function spawnAndWait(
  sys: Sys,
  actions: SpawnAction[] = [],
  given: Partial<SpawnAttributes> = {},
  path = "/bin/report",
): Promise<number> {
  const pid = await sys.spawn(path, [path], [], actions, attributes(given));
  return (await sys.wait4(pid, 0)).status;
}

test("a child runs with what its parent has, less what is marked close-on-exec", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    const [reader] = now(sys.pipe2(0)) as [number];
    now(sys.fcntl(reader, F_SETFD, FD_CLOEXEC));
    now(sys.rt_sigaction(Signal.SIGINT, { handler: SIG_CATCH, mask: 0n, flags: 0 }));
    now(sys.rt_sigaction(Signal.SIGTERM, { handler: SIG_IGN, mask: 0n, flags: 0 }));
    now(sys.rt_sigprocmask(2, 1n));
    note(await spawnAndWait(sys));
  });
  expect(notes).toEqual([0]);
  expect(child).toMatchObject({ pgid: 1, sid: 1, blocked: 1n, handlers: [0, SIG_IGN], fds: [1] });
});

test("attributes: group, session, signals, directory", async () => {
  const { init } = kernel;
  await spawnAndWait(init, [], { pgroup: 0, cwd: "/tmp", sigmask: 6n });
  expect(child).toMatchObject({ pgid: child.pid, sid: 1, cwd: "/tmp", blocked: 6n });
  await spawnAndWait(init, [], { setsid: true });
  expect(child).toMatchObject({ pgid: child.pid, sid: child.pid, cwd: "/" });
  await recorded(kernel, async (sys) => {
    now(sys.rt_sigaction(Signal.SIGTERM, { handler: SIG_IGN, mask: 0n, flags: 0 }));
    await spawnAndWait(sys, [], { sigdefault: 1n << BigInt(Signal.SIGTERM - 1) });
  });
  expect(child.handlers).toEqual([0, 0]);
});

test("credentials need privilege, and hold for the file actions already", async () => {
  const { init } = kernel;
  const credentials = { uid: 1000, gid: 1001, groups: [4, 5] };
  await spawnAndWait(init, [], { credentials });
  expect(child).toMatchObject({ uid: 1000, gid: 1001, groups: [4, 5] });
  now(init.mkdirat(AT_FDCWD, "/secret", 0o700));
  writeExecutable(kernel, "/secret/file", "x");
  const opens = action(SpawnOp.OPEN, { fd: 3, path: "/secret/file" });
  expect(await codeOf(() => spawnAndWait(init, [opens], { credentials }))).toBe("EACCES");
  expect(await codeOf(() => spawnAndWait(init, [opens]))).toBe("OK");
  const notes = await recorded(kernel, async (sys, note) => {
    now(sys.setresuid(1000, 1000, 1000));
    note(await codeOf(() => spawnAndWait(sys, [], { credentials })));
    note(await codeOf(() => spawnAndWait(sys)));
  });
  expect(notes).toEqual(["EPERM", "OK"]);
});

test("descriptors: duplicate, close, open, in the order given", async () => {
  const { init } = kernel;
  const [reader, writer] = now(init.pipe2(O_CLOEXEC)) as [number, number];
  const status = await spawnAndWait(
    init,
    [action(SpawnOp.DUP2, { source: writer, fd: 1 })],
    {},
    "/bin/hello",
  );
  expect(status).toBe(3 << 8);
  const buffer = new Uint8Array(9);
  expect(decodeUtf8(buffer, 0, now(init.read(reader, buffer)))).toBe("hello");

  await spawnAndWait(init, [
    action(SpawnOp.DUP2, { source: reader, fd: 7 }),
    action(SpawnOp.DUP2, { source: writer, fd: writer }),
    action(SpawnOp.CLOSE, { fd: 99 }),
  ]);
  expect(child.fds).toEqual([writer, 7]);

  await spawnAndWait(init, [
    action(SpawnOp.DUP2, { source: reader, fd: 3 }),
    action(SpawnOp.OPEN, { fd: 3, path: "/bin/hello" }),
    action(SpawnOp.OPEN, { fd: 5, path: "/bin/hello", flags: O_RDONLY | O_CLOEXEC }),
    action(SpawnOp.DUP2, { source: 3, fd: 6 }),
    action(SpawnOp.CLOSEFROM, { fd: 6 }),
  ]);
  expect(child.fds).toEqual([3]);
  expect(kernel.processes.get(1)?.fds.numbers()).toEqual([reader, writer]);
});

test("an opened file replaces standard output", async () => {
  const { init } = kernel;
  const opens = action(SpawnOp.OPEN, {
    fd: 1,
    path: "/tmp/out",
    flags: O_WRONLY | O_CREAT | O_APPEND,
    mode: 0o600,
  });
  for (let i = 0; i < 2; i++) await spawnAndWait(init, [opens], {}, "/bin/hello");
  const fd = now(init.openat(AT_FDCWD, "/tmp/out", O_RDONLY, 0));
  const buffer = new Uint8Array(100);
  expect(decodeUtf8(buffer, 0, now(init.read(fd, buffer)))).toBe("hellohello");
});

test("directories: by path and by descriptor, before the program is looked up", async () => {
  const { init } = kernel;
  const status = await spawnAndWait(init, [action(SpawnOp.CHDIR, { path: "/bin" })], {}, "report");
  expect(status).toBe(0);
  expect(child.cwd).toBe("/bin");
  const fd = now(init.openat(AT_FDCWD, "/tmp", O_RDONLY | O_CLOEXEC, 0));
  await spawnAndWait(init, [action(SpawnOp.FCHDIR, { fd })]);
  expect(child.cwd).toBe("/tmp");
  expect(now(init.getcwd())).toBe("/");
});

test("every failure is the caller's, and leaves neither child nor open file", async () => {
  const { init, processes } = kernel;
  const fds = () => processes.get(1)?.fds.numbers();
  const before = fds();
  const codes: string[] = [];
  const tries = async (actions: SpawnAction[], given = {}, path = "/bin/report") =>
    codes.push(await codeOf(() => init.spawn(path, [], [], actions, attributes(given))));
  await tries([], {}, "/bin/missing");
  await tries([], {}, "/tmp");
  await tries([], { cwd: "/missing" });
  await tries([], { pgroup: 30_000 });
  await tries([action(SpawnOp.DUP2, { source: 50, fd: 1 })]);
  await tries([action(SpawnOp.OPEN, { fd: 1, path: "/missing" })]);
  await tries([action(SpawnOp.FCHDIR, { fd: 50 })]);
  await tries([action(99 as SpawnOp)]);
  await tries([action(SpawnOp.TIOCSCTTY, { fd: 50 })]);
  expect(codes).toEqual([
    "ENOENT",
    "EACCES",
    "ENOENT",
    "EPERM",
    "EBADF",
    "ENOENT",
    "EBADF",
    "EINVAL",
    "EBADF",
  ]);
  expect(fds()).toEqual(before);
  expect(processes.size).toBe(1);
  expect(processes.get(1)?.children.size).toBe(0);
  expect(await codeOf(() => init.wait4(-1, 0))).toBe("ECHILD");
});

test("an action that waits waits once, and what came before it is not done again", async () => {
  const { init } = kernel;
  now(init.mknodat(AT_FDCWD, "/tmp/fifo", S_IFIFO | 0o600, 0));
  const actions = [
    action(SpawnOp.OPEN, {
      fd: 5,
      path: "/tmp/new",
      flags: O_WRONLY | O_CREAT | O_EXCL,
      mode: 0o600,
    }),
    action(SpawnOp.OPEN, { fd: 1, path: "/tmp/fifo", flags: O_WRONLY }),
  ];
  const spawning = init.spawn("/bin/hello", [], [], actions, attributes());
  await turns();
  expect(kernel.processes.size).toBe(2);
  const reader = now(init.openat(AT_FDCWD, "/tmp/fifo", O_RDONLY, 0));
  const pid = await spawning;
  expect((await init.wait4(pid, 0)).status).toBe(3 << 8);
  const buffer = new Uint8Array(9);
  expect(decodeUtf8(buffer, 0, now(init.read(reader, buffer)))).toBe("hello");
  expect(now(init.read(reader, buffer))).toBe(0);
});

test("a child that is killed on its way is the caller's to wait for", async () => {
  const { init } = kernel;
  now(init.mknodat(AT_FDCWD, "/tmp/fifo", S_IFIFO | 0o600, 0));
  const opens = action(SpawnOp.OPEN, { fd: 1, path: "/tmp/fifo", flags: O_WRONLY });
  const spawning = init.spawn("/bin/hello", [], [], [opens], attributes());
  await turns();
  const waiting = kernel.processes.all().at(-1)?.pid as number;
  await init.kill(waiting, Signal.SIGKILL);
  expect(await spawning).toBe(waiting);
  expect((await init.wait4(waiting, 0)).status).toBe(Signal.SIGKILL);
});

test("a caller that is killed while it spawns leaves no child behind", async () => {
  const { init } = kernel;
  now(init.mknodat(AT_FDCWD, "/tmp/fifo", S_IFIFO | 0o600, 0));
  const opens = action(SpawnOp.OPEN, { fd: 1, path: "/tmp/fifo", flags: O_WRONLY });
  const pid = init.fork(async (sys) => {
    await sys.spawn("/bin/hello", [], [], [opens], attributes());
    return 0;
  });
  await turns();
  expect(kernel.processes.size).toBe(3);
  await init.kill(pid, Signal.SIGKILL);
  await init.wait4(pid, 0);
  await turns();
  expect(kernel.processes.size).toBe(1);
});

test("a machine's processes are limited, and a user's own are too", async () => {
  kernel.shutdown();
  kernel = bootKernel({ pause: () => new Promise(() => {}) }, { limits: { processes: 10 } });
  const notes = await recorded(kernel, async (sys, note) => {
    const pids: number[] = [];
    const fill = async () => {
      for (;;) {
        const code = await codeOf(async () => {
          pids.push(await sys.spawn("/bin/pause", [], [], [], attributes()));
        });
        if (code !== "OK") return code;
      }
    };
    note(await fill(), pids.length);
    for (const pid of pids) await sys.kill(pid, Signal.SIGKILL);
    note(await codeOf(() => sys.fork(() => 0)));
    for (const pid of pids.splice(0)) await sys.wait4(pid, 0);
    now(sys.prlimit64(0, Resource.RLIMIT_NPROC, { soft: 3, hard: 3 }));
    now(sys.setresuid(1000, 1000, 1000));
    note(await fill(), pids.length);
  });
  // Pid 1 and the program itself count; zombies do until they are waited for.
  expect(notes).toEqual(["EAGAIN", 8, "EAGAIN", "EAGAIN", 2]);
});
