/** What only a guest in the kernel's own thread can get wrong: giving way, being left, being run again. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Host, O_CLOEXEC, Signal, type Sys } from "../../../kernel/index.ts";
import { InlineEngine } from "../../../runtimes/engines/inline/engine.ts";
import { compiledModules, precompiledModules } from "../../../runtimes/engines/inline/modules.ts";
import { bootKernel, NO_ATTRIBUTES, nodeHost, now, turns } from "../../kernel/boot.ts";
import { createInlineVm, inlineFaults } from "../../support/inline-vm.ts";
import { bootGuests, duplicate, type GuestMachine, install, runGuest } from "../wasi/machine.ts";
import { program, text, write } from "../wasi/wat.ts";

let machine: GuestMachine;
let init: Sys;

beforeEach(async () => {
  machine = await bootGuests("inline");
  init = machine.kernel.init;
});
afterEach(async () => {
  await machine.dispose();
  expect(machine.engine.size).toBe(0);
  expect([...machine.faults, ...inlineFaults]).toEqual([]);
});

async function start(bytes: Uint8Array, actions = [] as ReturnType<typeof duplicate>[]) {
  install(machine, "/bin/guest", bytes);
  return init.spawn("/bin/guest", ["guest"], [], actions, NO_ATTRIBUTES);
}

const SLEEP = "(drop (call $sleep_ms (i32.const 60000)))";
const CATCH = `(drop (call $proc_sigaction (i32.const 10) (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 0)))`;
const WRITES_FOR_EVER = program(`(loop ${write(1)} (br 0))`, text("yes\n"));

test("one that calls for ever lets others run, and can be killed", async () => {
  const pid = await start(program("(loop (drop (call $proc_getpid (i32.const 200))) (br 0))"));
  install(machine, "/bin/hello", program(write(1), text("hello\n")));
  expect((await runGuest(machine, ["/bin/hello"])).stdout).toBe("hello\n");
  await new Promise((resolve) => setTimeout(resolve, 1));
  now(init.kill(pid, Signal.SIGTERM));
  expect((await init.wait4(pid, 0)).status).toBe(Signal.SIGTERM);
});

test("so does one on a host whose clock stands still while it computes", async () => {
  const still: Host = { ...nodeHost, clock: { realtime: () => 0n, monotonic: () => 0n } };
  machine = await bootGuests("inline", { host: still });
  init = machine.kernel.init;
  const pid = await start(program("(loop (drop (call $proc_getpid (i32.const 200))) (br 0))"));
  await new Promise((resolve) => setTimeout(resolve, 1));
  now(init.kill(pid, Signal.SIGKILL));
  expect((await init.wait4(pid, 0)).status).toBe(Signal.SIGKILL);
});

test("a writer and a reader that only wake each other let timers run", async () => {
  const [read, end] = now(init.pipe2(O_CLOEXEC)) as [number, number];
  const reader = program(
    "(loop (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 32))) (br 0))",
    text("buffer"),
  );
  const pids = [
    await start(WRITES_FOR_EVER, [duplicate(end, 1)]),
    await start(reader, [duplicate(read, 0)]),
  ];
  await new Promise((resolve) => setTimeout(resolve, 20));
  for (const pid of pids) now(init.kill(pid, Signal.SIGKILL));
  for (const pid of pids) expect((await init.wait4(pid, 0)).status).toBe(Signal.SIGKILL);
});

test("a stopped one makes no step until it goes on", async () => {
  const [read, end] = now(init.pipe2(O_CLOEXEC)) as [number, number];
  const pid = await start(WRITES_FOR_EVER, [duplicate(end, 1)]);
  const buffer = new Uint8Array(1 << 20);
  await init.read(read, buffer);
  now(init.kill(pid, Signal.SIGSTOP));
  await turns();
  while (now(init.fionread(read)) > 0) now(init.read(read, buffer));
  await turns();
  expect(now(init.fionread(read))).toBe(0);
  now(init.kill(pid, Signal.SIGCONT));
  expect(await init.read(read, buffer)).toBeGreaterThan(0);
  now(init.kill(pid, Signal.SIGKILL));
  await init.wait4(pid, 0);
});

test("a handler may wait, trap, and catch further signals", async () => {
  const handler = (body: string) =>
    `(global $seen (mut i32) (i32.const 0)) (func (export "__wasi_signal_trampoline") (param i32) ${body})`;
  const raise = `(drop (call $proc_getpid (i32.const 200))) (drop (call $proc_kill (i32.load (i32.const 200)) (i32.const 10)))`;
  const count = "(global.set $seen (i32.add (global.get $seen) (i32.const 1)))";
  const exit = "(call $proc_exit (global.get $seen))";
  const waits = program(
    `${CATCH} ${raise} ${exit}`,
    handler(`(drop (call $sleep_ms (i32.const 5))) ${count}`),
  );
  install(machine, "/bin/waits", waits);
  expect((await runGuest(machine, ["/bin/waits"])).status).toBe(1 << 8);
  const again = program(
    `${CATCH} ${raise} ${exit}`,
    handler(`${count} (if (i32.lt_u (global.get $seen) (i32.const 3)) (then ${raise}))`),
  );
  install(machine, "/bin/again", again);
  expect((await runGuest(machine, ["/bin/again"])).status).toBe(3 << 8);
  const traps = program(`${CATCH} ${raise} ${exit}`, handler("unreachable"));
  install(machine, "/bin/traps", traps);
  expect((await runGuest(machine, ["/bin/traps"])).status).toBe(Signal.SIGABRT);
});

test("a handler that grows the memory leaves the interrupted read its bytes", async () => {
  // Reads after the signal has come: the handler moves the memory before the bytes are handed over.
  const bytes = program(
    `${CATCH} (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 32))) ${write(1)}`,
    `${text("....")} (func (export "__wasi_signal_trampoline") (param i32) (drop (memory.grow (i32.const 1))))`,
  );
  const [read, end] = now(init.pipe2(O_CLOEXEC)) as [number, number];
  const [output, outputEnd] = now(init.pipe2(O_CLOEXEC)) as [number, number];
  const pid = await start(bytes, [duplicate(read, 0), duplicate(outputEnd, 1)]);
  await turns();
  now(init.write(end, new TextEncoder().encode("data")));
  now(init.kill(pid, 10));
  const buffer = new Uint8Array(4);
  expect((await init.wait4(pid, 0)).status).toBe(0);
  expect(now(init.read(output, buffer))).toBe(4);
  expect(new TextDecoder().decode(buffer)).toBe("data");
});

test("one that catches what unwinds it is left behind, and its process has ended", async () => {
  const stubborn = program(`(loop (try (do ${SLEEP}) (catch_all)) (br 0))`);
  const pid = await start(stubborn);
  await turns();
  now(init.kill(pid, Signal.SIGKILL));
  expect((await init.wait4(pid, 0)).status).toBe(Signal.SIGKILL);
  await machine.engine.settle();
});

test("the memory of those that were killed while they waited comes back", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const before = process.memoryUsage().rss;
  const megabytes = 16;
  const fills = `(memory.fill (i32.const 0) (i32.const 1) (i32.const ${(megabytes << 20) - 1}))`;
  const bytes = program(`${fills} ${SLEEP}`, "", megabytes * 16);
  for (let i = 0; i < 25; i++) {
    const pid = await start(bytes);
    await turns(2);
    now(init.kill(pid, Signal.SIGKILL));
    await init.wait4(pid, 0);
    if (i % 5 === 4) collect();
  }
  await turns();
  collect();
  expect(process.memoryUsage().rss - before).toBeLessThan(160 << 20);
});

test("a start function may not call what could wait, and is told so", async () => {
  const bytes = program(
    "",
    "(start $begin) (func $begin (drop (call $proc_getpid (i32.const 200))))",
  );
  install(machine, "/bin/starts", bytes);
  const { status, stderr } = await runGuest(machine, ["/bin/starts"]);
  expect(status).toBe(127 << 8);
  expect(stderr).toContain("an import that the start function calls");
});

test("a module comes by the digest of its file, too, loaded when it first runs", async () => {
  const module = new WebAssembly.Module(program(write(1), text("hello\n")) as BufferSource);
  let loads = 0;
  const modules = precompiledModules(
    new Map([
      ["at-hand", module],
      [
        "later",
        async () => {
          loads++;
          return module;
        },
      ],
      ["lost", () => Promise.reject(new Error("no network"))],
    ]),
  );
  const file = (digest: string | undefined) => ({ digest }) as never;
  expect(modules.get(file("at-hand"))).toBe(module);
  expect(modules.get(file("unknown"))).toBeUndefined();
  expect(modules.get(file(undefined))).toBeUndefined();
  const sleep = thrown(() => modules.get(file("later"))) as { promise: Promise<void> };
  await sleep.promise;
  expect(modules.get(file("later"))).toBe(module);
  expect(modules.get(file("later"))).toBe(module);
  expect(loads).toBe(1);
  const lost = thrown(() => modules.get(file("lost"))) as { promise: Promise<void> };
  await expect(lost.promise).rejects.toMatchObject({ code: "EIO" });
});

test("the host hears who has the thread", async () => {
  const heard: (number | undefined)[] = [];
  const engine = new InlineEngine({
    modules: [compiledModules()],
    onControl: (pid) => heard.push(pid),
    onFault: (reason) => machine.faults.push(reason),
  });
  const kernel = bootKernel({}, { formats: [engine] });
  const guests: GuestMachine = { ...machine, kernel };
  install(guests, "/bin/sleeps", program("(drop (call $sleep_ms (i32.const 1)))"));
  await runGuest(guests, ["/bin/sleeps"]);
  await engine.settle();
  expect(heard).toEqual([2, undefined, 2, undefined]);
  kernel.shutdown();
});

test("a shell's pipelines, jobs and keys work", async () => {
  await using vm = await createInlineVm();
  const { stdout } = await vm.exec(
    "yes | head -n 1; yes > /dev/null & seq 3 | sort -r | head -n 1; kill $!; wait $! 2> /dev/null; echo $?",
  );
  expect(stdout).toBe("y\n3\n143\n");
  const timed = await vm.exec("timeout 0.05 yes > /dev/null; echo $?; time -p seq 50000 | wc -l");
  expect(timed.stdout).toBe("124\n50000\n");
  expect(Number(/user ([\d.]+)/.exec(timed.stderr)?.[1])).toBeGreaterThan(0);
});

test("Ctrl-C and Ctrl-Z reach a command that never waits", async () => {
  await using vm = await createInlineVm();
  await using terminal = await vm.openTerminal();
  let screen = "";
  let look = () => {};
  terminal.onData((data) => {
    screen += new TextDecoder().decode(data);
    look();
  });
  const shows = (what: string) =>
    new Promise<void>((resolve) => {
      look = () => {
        if (screen.includes(what)) resolve();
      };
      look();
    });
  await terminal.write("echo ready; yes > /dev/null\n");
  await shows("ready\r\n");
  await terminal.write("\x03");
  await shows("^C");
  await terminal.write("echo status $?; echo again; yes > /dev/null\n");
  await shows("status 130\r\nagain\r\n");
  await terminal.write("\x1a");
  await shows("Stopped");
  await terminal.write("jobs; kill %1; wait; echo gone\n");
  await shows("gone\r\n");
});

function thrown(act: () => unknown): unknown {
  try {
    act();
  } catch (reason) {
    return reason;
  }
  throw new Error("nothing was thrown");
}
