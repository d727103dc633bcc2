/** Single imports of the commands, on a kernel that answers from a table. */
import { beforeEach, describe, expect, test } from "vitest";
import { AT_FDCWD, Errno, KernelError, O_CREAT, O_TRUNC, O_WRONLY } from "../../../kernel/index.ts";
import { extensionImports } from "../../../runtimes/wasi/extensions/imports.ts";
import { findImport } from "../../../runtimes/wasi/imports.ts";
import { ProgramContext } from "../../../runtimes/wasi/program-context.ts";
import { type FakeKernel, fakeKernel } from "./fake-kernel.ts";

const EBADF = 8;
const EFAULT = 21;
const EINVAL = 28;
const ENOENT = 44;
const TAG = 0x4000_0000;
const OUTSIDE = 0x7fff_0000;

type Call = (...args: (number | bigint)[]) => unknown;

let kernel: FakeKernel;
let memory: DataView;
let call: (name: string) => Call;

function boot(answers: Record<string, (...args: never[]) => unknown>): void {
  kernel = fakeKernel(answers);
  const context = new ProgramContext(kernel, ["test"], []);
  const buffer = new ArrayBuffer(65_536);
  context.memory.attach({ buffer } as WebAssembly.Memory);
  memory = new DataView(buffer);
  const groups = Object.values(extensionImports(context)).flat();
  call = (name) => findImport(groups, name) as Call;
}

/** Writes text at `address`; its length. */
function put(address: number, text: string): number {
  const bytes = new TextEncoder().encode(text);
  new Uint8Array(memory.buffer).set(bytes, address);
  return bytes.length;
}

function get(address: number, length: number): string {
  return Buffer.from(memory.buffer, address, length).toString();
}

const closed = () => {
  throw new KernelError(Errno.EBADF);
};

describe("host_fs", () => {
  beforeEach(() => {
    boot({
      fcntl: closed,
      newfstatat: (_fd: number, path: string) => {
        if (path === "missing") throw new KernelError(Errno.ENOENT);
        return { mode: 0o100640, size: 7, blocks: 8, uid: 3, gid: 4, rdev: 0 };
      },
      fchmodat: () => undefined,
    });
  });

  test("a bare 3 is the working directory while no directory is open there", () => {
    const length = put(100, "file");
    expect(call("path_mode")(3, 100, length, 1)).toBe(0o100640);
    expect(call("chmod")(3, 100, length, 0o600)).toBe(0);
    expect(kernel.asked.at(-1)).toEqual(["fchmodat", AT_FDCWD, "file", 0o600, 0]);
  });

  test("the tagged directories are the working directory and the root", () => {
    const length = put(100, "file");
    call("path_mode")(TAG | 3, 100, length, 1);
    expect(kernel.asked.at(-1)).toEqual(["newfstatat", AT_FDCWD, "file", 0]);
    call("path_mode")(TAG | 4, 100, length, 1);
    expect(kernel.asked.at(-1)).toEqual(["newfstatat", AT_FDCWD, "/file", 0]);
    expect(call("chmod")(TAG | 9, 100, length, 0)).toBe(EBADF);
  });

  test("values have their own failures", () => {
    const length = put(100, "missing");
    expect(call("path_mode")(-1, 100, length, 1)).toBe(0);
    expect(call("path_size")(-1, 100, length, 1)).toBe(-1n);
    expect(call("path_rdev")(-1, 100, length, 1)).toBe(0n);
    expect(call("path_owner")(-1, 100, length, 1, 0, 4)).toBe(ENOENT);
    expect(call("path_size")(-1, 100, put(100, "file"), 1)).toBe(7n);
  });

  test("pointers outside of the memory are EFAULT, and ask the kernel nothing", () => {
    expect(call("chmod")(3, OUTSIDE, 4, 0)).toBe(EFAULT);
    expect(call("path_mode")(3, 100, -1, 1)).toBe(0);
    expect(kernel.asked).toEqual([]);
  });
});

describe("host_process.proc_spawn_v3", () => {
  const EMPTY = [1, 0] as const;
  let spawned: unknown[] = [];

  beforeEach(() => {
    boot({
      spawn: (...args: unknown[]) => {
        spawned = args;
        if (args[0] === "tool") throw new KernelError(Errno.ENOENT);
        if (args[0] === "./tool") throw new KernelError(Errno.ENOENT);
        return 42;
      },
    });
  });

  function record(
    at: number,
    [op, fd, source, flags, mode]: readonly [number, number, number, number, number],
    path = "",
  ): number {
    [op, fd, source, flags, mode].forEach((value, i) => {
      memory.setInt32(at + 4 * i, value, true);
    });
    memory.setUint32(at + 20, path.length, true);
    return 24 + put(at + 24, path);
  }

  test("sends arguments, environment, actions and attributes on", () => {
    const exec = put(1000, "/bin/x");
    const argv = put(2000, "x\0\0last\0");
    const envp = put(3000, "A=1\0broken\0=bad\0B=\0");
    let size = record(4000, [2, 1, 7, 0, 0]);
    size += record(4000 + size, [3, 0, 0, 0x1000_0000 | (9 << 12), 0o644], "out");
    const status = call("proc_spawn_v3")(
      ...[1000, exec, 2000, argv, 3000, envp, 4000, size, ...EMPTY],
      ...[2 | 4, 1, 0, 2, 0x8000_0000 | 0, 0, 5000],
    );
    expect(status).toBe(0);
    expect(memory.getUint32(5000, true)).toBe(42);
    const none = { flags: 0, mode: 0, path: "", source: 7 };
    expect(spawned).toEqual([
      "/bin/x",
      ["x", "", "last"],
      ["A=1", "B="],
      [
        { ...none, op: 2, fd: 1 },
        { op: 3, fd: 0, source: 0, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644, path: "out" },
      ],
      {
        cwd: undefined,
        pgroup: 0,
        setsid: false,
        sigdefault: 1n,
        sigmask: 2n | (1n << 63n),
        credentials: undefined,
      },
    ]);
  });

  test("looks for a bare name here, then in PATH", () => {
    const exec = put(1000, "tool");
    const envp = put(3000, "PATH=/a:/b\0");
    const zeros = new Array(6).fill(0);
    call("proc_spawn_v3")(1000, exec, ...EMPTY, 3000, envp, ...EMPTY, ...EMPTY, ...zeros, 5000);
    expect(kernel.asked.map(([, path]) => path)).toEqual(["./tool", "/a/tool"]);
  });

  test("refuses what makes no sense before it spawns anything", () => {
    const exec = put(1000, "/bin/x");
    const attempt = (actions: readonly [number, number], flags = 0, result = 5000) =>
      call("proc_spawn_v3")(
        ...[1000, exec, ...EMPTY, ...EMPTY, ...actions, ...EMPTY, flags, 0, 0, 0, 0, 0, result],
      );
    expect(attempt([4000, record(4000, [9, 0, 0, 0, 0])])).toBe(EINVAL);
    expect(attempt([4000, record(4000, [1, 0, 0, 0, 0]) - 1])).toBe(EINVAL);
    expect(attempt([4000, record(4000, [3, 0, 0, 0, 0])])).toBe(ENOENT);
    expect(attempt([4000, 2 << 20])).toBe(1);
    expect(attempt(EMPTY, 256)).toBe(58);
    expect(attempt(EMPTY, 0, OUTSIDE)).toBe(EFAULT);
    expect(kernel.asked).toEqual([]);
  });
});

describe("host_user", () => {
  const PASSWD = "root:x:0:0:root:/root:/bin/sh\nbroken\nann:x:7:8::/home/ann:/bin/sh\n";

  beforeEach(() => {
    let rest = new TextEncoder().encode(PASSWD);
    boot({
      openat: () => {
        rest = new TextEncoder().encode(PASSWD);
        return 9;
      },
      read: (_fd: number, target: Uint8Array) => {
        const part = rest.subarray(0, target.length);
        target.set(part);
        rest = rest.subarray(part.length);
        return part.length;
      },
      close: () => undefined,
    });
  });

  test("finds accounts by number, name and place", () => {
    const line = "ann:x:7:8::/home/ann:/bin/sh";
    const found = () => get(100, memory.getUint32(50, true));
    expect(call("getpwuid")(7, 100, 200, 50)).toBe(0);
    expect(found()).toBe(line);
    expect(call("getpwnam")(400, put(400, "ann"), 100, 200, 50)).toBe(0);
    expect(found()).toBe(line);
    expect(call("getpwent")(1, 100, 200, 50)).toBe(0);
    expect(found()).toBe(line);
    expect(call("getpwent")(2, 100, 200, 50)).toBe(ENOENT);
    expect(call("getpwuid")(8, 100, 200, 50)).toBe(ENOENT);
    expect(call("getpwuid")(7, 100, 10, 50)).toBe(68);
  });
});

describe("host_net", () => {
  beforeEach(() =>
    boot({
      socket: (...args: number[]) => {
        expect(args).toEqual([2, 1, 0]);
        return 9;
      },
      connect: () => {
        throw new KernelError(Errno.ENETUNREACH);
      },
      recvmsg: () => ({ data: Uint8Array.of(1, 2), flags: 0, address: undefined, rights: [] }),
      getsockname: () => ({ family: 10, address: new Uint8Array(16), port: 80, scope: 0 }),
      getaddrinfo: (name: string) => (name === "known.test" ? [Uint8Array.of(198, 18, 1, 0)] : []),
      openat: closed,
    }),
  );

  test("makes sockets by the libc's numbers, and knows those that it lacks", () => {
    expect(call("net_socket")(1, 6, 0, 100)).toBe(0);
    expect(memory.getUint32(100, true)).toBe(9);
    expect(call("net_socket")(9, 6, 0, 100)).toBe(5);
    expect(call("net_socket")(1, 6, 0, OUTSIDE)).toBe(EFAULT);
  });

  test("takes addresses as text and gives them so", () => {
    expect(call("net_connect")(9, 400, put(400, "8.8.8.8:53"))).toBe(40);
    expect(call("net_connect")(9, 400, put(400, "8.8.8.8:99999"))).toBe(EINVAL);
    expect(call("net_connect")(9, 400, put(400, "x:1"))).toBe(EINVAL);
    memory.setUint32(50, 100, true);
    expect(call("net_getsockname")(9, 600, 50)).toBe(0);
    expect(get(600, memory.getUint32(50, true))).toBe("::" + ":80");
    memory.setUint32(50, 2, true);
    expect(call("net_getsockname")(9, 600, 50)).toBe(42);
  });

  test("receives into the program's memory", () => {
    expect(call("net_recv")(9, 200, 10, 0, 100)).toBe(0);
    expect([memory.getUint32(100, true), memory.getUint16(200, true)]).toEqual([2, 0x0201]);
    expect(call("net_recv")(9, OUTSIDE, 10, 0, 100)).toBe(EFAULT);
  });

  test("answers for addresses that need no network", () => {
    memory.setUint32(50, 1000, true);
    const length = put(400, "10.0.0.1");
    expect(call("net_getaddrinfo")(400, length, 0, 0, 0, 600, 50)).toBe(0);
    const written = get(600, memory.getUint32(50, true));
    expect(JSON.parse(written)).toEqual([{ addr: "10.0.0.1", family: 4 }]);
    expect(call("net_getaddrinfo")(400, put(400, "example.org"), 0, 0, 0, 600, 50)).toBe(ENOENT);
  });

  test("asks the kernel for other names", () => {
    memory.setUint32(50, 1000, true);
    expect(call("net_getaddrinfo")(400, put(400, "known.test"), 0, 0, 0, 600, 50)).toBe(0);
    const written = get(600, memory.getUint32(50, true));
    expect(JSON.parse(written)).toEqual([{ addr: "198.18.1.0", family: 4 }]);
  });
});
