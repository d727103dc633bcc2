/** Guests on every engine of this host: how they end, what they leave, and what one may do to others. */
import { readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Errno, KernelError, O_CLOEXEC, Signal, WNOHANG } from "../../../kernel/index.ts";
import { NO_ATTRIBUTES, now, turns } from "../../kernel/boot.ts";
import { bootGuests, ENGINE_NAMES, type GuestMachine, install, runGuest } from "../wasi/machine.ts";
import { program, text, wat, write } from "../wasi/wat.ts";

const HELLO = program(write(1), text("hello\n"));
const LOOP = program("(loop (br 0))");

describe.each(ENGINE_NAMES)("%s", (engine) => {
  let machine: GuestMachine;

  beforeAll(async () => {
    machine = await bootGuests(engine);
  });
  afterAll(async () => {
    await machine.dispose();
    expect(machine.faults).toEqual([]);
  });

  function guest(name: string, bytes: Uint8Array): readonly [string] {
    install(machine, `/bin/${name}`, bytes);
    return [`/bin/${name}`];
  }

  test("a guest runs, and its exit status is its own", async () => {
    expect(await runGuest(machine, guest("hello", HELLO))).toEqual({
      status: 0,
      stdout: "hello\n",
      stderr: "",
    });
    const exits = program("(call $proc_exit (i32.const 7))");
    expect((await runGuest(machine, guest("exits", exits))).status).toBe(7 << 8);
  });

  test.each([
    ["unreachable", "(unreachable)", Signal.SIGABRT],
    ["a load outside of its memory", "(drop (i32.load (i32.const -4)))", Signal.SIGSEGV],
    ["a division by zero", "(drop (i32.div_u (i32.const 1) (i32.const 0)))", Signal.SIGFPE],
    ["endless recursion", "(call $again)", Signal.SIGSEGV],
    ["a call of nothing", "(call_indirect (i32.const 0))", Signal.SIGSEGV],
  ])(
    "a trap ends it as the same mistake would on Linux: %s",
    async (name, instructions, signal) => {
      const rest = "(table 1 funcref) (func $again (call $again))";
      const bytes = program(`${write(1)} ${instructions}`, `${rest} ${text("before\n")}`);
      const { status, stdout } = await runGuest(machine, guest(name.replaceAll(" ", "-"), bytes));
      expect({ status, stdout }).toEqual({ status: signal, stdout: "before\n" });
    },
  );

  test("what it wrote last before a trap arrives", async () => {
    const many = Array.from({ length: 50 }, () => write(1)).join(" ");
    const bytes = program(
      `(drop (call $fd_fdstat_get (i32.const 1) (i32.const 300))) ${many} (unreachable)`,
      text("x"),
    );
    expect((await runGuest(machine, guest("last-words", bytes))).stdout).toBe("x".repeat(50));
  });

  test("memory beyond the limit is refused, not given", async () => {
    const bytes = program(
      "(loop (br_if 0 (i32.ne (memory.grow (i32.const 256)) (i32.const -1)))) (call $proc_exit (i32.shr_u (memory.size) (i32.const 8)))",
    );
    // In 16 MiB: the guest got 1 GiB, or what lies just below it.
    const { status } = await runGuest(machine, guest("eater", bytes));
    expect(status >> 8).toBe(63);
  });

  test("a missing import is named, as by a dynamic linker", async () => {
    const start = '(func (export "_start"))';
    const bytes = wat(start, 1, '(import "env" "nowhere" (func))');
    const result = await runGuest(machine, guest("unlinked", bytes));
    expect(result.status).toBe(127 << 8);
    expect(result.stderr).toBe(
      "/bin/unlinked: symbol lookup error: undefined import: env.nowhere\n",
    );
    const startless = wat("");
    expect((await runGuest(machine, guest("startless", startless))).stderr).toContain("_start");
  });

  test("bytes that are no module are ENOEXEC, and memory that is too much ENOMEM", async () => {
    const garbage = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 99, 1, 1);
    for (const [bytes, errno] of [
      [garbage, Errno.ENOEXEC],
      [wat("", 20_000), Errno.ENOMEM],
    ] as const) {
      const failed = runGuest(machine, guest("bad", bytes));
      await expect(failed).rejects.toEqual(new KernelError(errno));
    }
  });

  test("a guest that computes without end is killed, and its thread ends", async () => {
    const { init } = machine.kernel;
    const [path] = guest("loop", LOOP);
    const pids: number[] = [];
    for (let i = 0; i < 4; i++) pids.push(await init.spawn(path, [path], [], [], NO_ATTRIBUTES));
    expect(machine.engine.size).toBeGreaterThanOrEqual(4);
    for (const pid of pids) {
      now(init.kill(pid, Signal.SIGKILL));
      expect((await init.wait4(pid, 0)).status).toBe(Signal.SIGKILL);
    }
    await machine.engine.settle();
    expect(machine.engine.size).toBe(0);
    const { status } = await runGuest(machine, guest("hello", HELLO));
    expect(status).toBe(0);
  });

  test("CPU time is charged, and its limit ends a guest", async () => {
    const { init } = machine.kernel;
    const [path] = guest("loop", LOOP);
    const pid = init.fork(async (sys) => {
      await sys.prlimit64(0, 0, { soft: 1, hard: 1 });
      await sys.execve(path, [path], []);
      return 0;
    });
    const { status } = await init.wait4(pid, 0);
    expect([Signal.SIGXCPU, Signal.SIGKILL]).toContain(status);
  });

  test("200 guests that wait for input at once live and end", async () => {
    const { init } = machine.kernel;
    const [path] = guest(
      "reader",
      program(
        "(drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))",
        text("xxxx"),
      ),
    );
    const threads = readdirSync("/proc/self/task").length;
    const [read, end] = now(init.pipe2(O_CLOEXEC)) as [number, number];
    const pids: number[] = [];
    for (let i = 0; i < 200; i++) {
      pids.push(await init.spawn(path, [path], [], [duplicate(read)], NO_ATTRIBUTES));
    }
    now(init.close(end));
    for (const pid of pids) expect((await init.wait4(pid, 0)).status).toBe(0);
    now(init.close(read));
    await machine.engine.settle();
    expect(readdirSync("/proc/self/task").length).toBeLessThan(threads + 20);
  });

  test("a caught signal is handled, and interrupts a sleep", async () => {
    const catches = program(
      `(drop (call $proc_sigaction (i32.const 10) (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 0)))
     (drop (call $proc_getpid (i32.const 200)))
     (drop (call $proc_kill (i32.load (i32.const 200)) (i32.const 10)))
     (call $proc_exit (i32.add (global.get $seen) (call $sleep_ms (i32.const 0))))`,
      `(global $seen (mut i32) (i32.const 0))
     (func (export "__wasi_signal_trampoline") (param i32) (global.set $seen (local.get 0)))`,
    );
    expect((await runGuest(machine, guest("catches", catches))).status >> 8).toBe(10);
  });

  test("a signal from outside wakes a sleeping guest with EINTR", async () => {
    const { init } = machine.kernel;
    const sleeper = program(
      `(drop (call $proc_sigaction (i32.const 10) (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 0)))
     ${write(1)}
     (call $proc_exit (i32.add (call $sleep_ms (i32.const 60000)) (global.get $seen)))`,
      `(global $seen (mut i32) (i32.const 0)) ${text("ready")}
     (func (export "__wasi_signal_trampoline") (param i32) (global.set $seen (local.get 0)))`,
    );
    const [path] = guest("sleeper", sleeper);
    const [read, end] = now(init.pipe2(O_CLOEXEC)) as [number, number];
    const action = { ...duplicate(end), fd: 1 };
    const pid = await init.spawn(path, [path], [], [action], NO_ATTRIBUTES);
    await init.read(read, new Uint8Array(5));
    // The first may come before it sleeps, and is handled then without interrupting anything.
    let ended = await init.wait4(pid, WNOHANG);
    while (ended.pid === 0) {
      now(init.kill(pid, 10));
      await turns();
      ended = await init.wait4(pid, WNOHANG);
    }
    // SIGUSR1, and WASI's number of EINTR.
    expect(ended.status >> 8).toBe(10 + 27);
    now(init.close(read));
    now(init.close(end));
  });

  test("a read that a signal with SA_RESTART interrupts goes on after the handler", async () => {
    const { init } = machine.kernel;
    const restart = 0x1000_0000;
    const reader = program(
      `(drop (call $proc_sigaction (i32.const 10) (i32.const 2) (i32.const 0) (i32.const 0) (i32.const ${restart})))
       ${write(1)}
       (call $proc_exit (i32.add
         (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 32))
         (i32.add (global.get $seen) (i32.load (i32.const 32)))))`,
      `(global $seen (mut i32) (i32.const 0)) ${text("ready")}
       (func (export "__wasi_signal_trampoline") (param i32) (global.set $seen (local.get 0)))`,
    );
    const [path] = guest("restarted", reader);
    const [input, inputEnd] = now(init.pipe2(O_CLOEXEC)) as [number, number];
    const [output, outputEnd] = now(init.pipe2(O_CLOEXEC)) as [number, number];
    const actions = [
      { ...duplicate(input), fd: 0 },
      { ...duplicate(outputEnd), fd: 1 },
    ];
    const pid = await init.spawn(path, [path], [], actions, NO_ATTRIBUTES);
    await init.read(output, new Uint8Array(5));
    now(init.kill(pid, 10));
    await turns();
    now(init.write(inputEnd, new TextEncoder().encode("abc")));
    // SIGUSR1, three bytes, and no errno.
    expect((await init.wait4(pid, 0)).status >> 8).toBe(10 + 3);
    for (const fd of [input, inputEnd, output, outputEnd]) now(init.close(fd));
  });

  test("guests that together take too much memory lose one", async () => {
    const small = await bootGuests(engine, {}, { memory: 100 << 20 });
    const { init } = small.kernel;
    // Takes 64 MiB, which the kernel hears of with the next call, and sleeps.
    const bytes = program(
      "(drop (memory.grow (i32.const 1000))) (drop (call $proc_getpid (i32.const 0))) (drop (call $sleep_ms (i32.const 60000)))",
    );
    install(small, "/bin/big", bytes);
    const first = await init.spawn("/bin/big", ["big"], [], [], NO_ATTRIBUTES);
    const second = await init.spawn("/bin/big", ["big"], [], [], NO_ATTRIBUTES);
    const ended = await init.wait4(-1, 0);
    expect(ended.status).toBe(Signal.SIGKILL);
    const other = ended.pid === first ? second : first;
    expect((await init.wait4(other, WNOHANG)).pid).toBe(0);
    await small.dispose();
  });

  test("one machine's end leaves another's guests alone", async () => {
    const other = await bootGuests(engine);
    const [path] = guest("loop", LOOP);
    install(other, path, LOOP);
    const mine = await machine.kernel.init.spawn(path, [path], [], [], NO_ATTRIBUTES);
    await other.kernel.init.spawn(path, [path], [], [], NO_ATTRIBUTES);
    await other.dispose();
    expect(other.engine.size).toBe(0);
    expect((await machine.kernel.init.wait4(mine, WNOHANG)).pid).toBe(0);
    now(machine.kernel.init.kill(mine, Signal.SIGKILL));
    await machine.kernel.init.wait4(mine, 0);
  });
});

function duplicate(source: number) {
  return { op: 2, fd: 0, source, flags: 0, mode: 0, path: "" } as const;
}
