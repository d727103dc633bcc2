/** Reading ahead and posting writes change what calls cost, and nothing that a program could see. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AT_FDCWD, encodeUtf8, O_CLOEXEC, O_RDWR, Signal, SpawnOp } from "../../../kernel/index.ts";
import { NO_ATTRIBUTES, now } from "../../kernel/boot.ts";
import {
  bootGuests,
  duplicate,
  ENGINE_NAMES,
  type GuestMachine,
  install,
  runGuest,
} from "../wasi/machine.ts";
import { COPY, program, text, write } from "../wasi/wat.ts";

describe.each(ENGINE_NAMES)("%s", (engine) => {
  let machine: GuestMachine;

  beforeAll(async () => {
    machine = await bootGuests(engine);
    install(machine, "/bin/copy-all", program(`(loop (br_if 0 ${copy(0, 1, 1000)}))`, COPY));
  });
  afterAll(async () => {
    await machine.dispose();
    expect(machine.faults).toEqual([]);
  });

  function copy(from: number, to: number, count: number): string {
    return `(call $copy (i32.const ${from}) (i32.const ${to}) (i32.const ${count}))`;
  }

  /** Spawns `path`, whose name stands at 600, and waits for it. */
  const SPAWN = `(drop (call $proc_spawn_v3 (i32.const 600) (i32.const 13) (i32.const 600) (i32.const 14)
  ${"(i32.const 0) ".repeat(12)} (i32.const 700)))
  (drop (call $proc_waitpid_v2 (i32.load (i32.const 700)) (i32.const 0) (i32.const 704) (i32.const 708) (i32.const 712) (i32.const 716)))`;
  const CHILD_NAME = '(data (i32.const 600) "/bin/copy-all\\00")';

  const INPUT = Array.from({ length: 3000 }, (_, i) => `line ${i}\n`).join("");

  async function run(instructions: string, stdin = INPUT, rest = "") {
    install(machine, "/bin/guest", program(instructions, `${COPY} ${rest}`));
    return runGuest(machine, ["/bin/guest"], { stdin });
  }

  describe("a pipe that a guest alone reads", () => {
    test("is read whole and in order, a few bytes at a time", async () => {
      const { stdout } = await run(`(loop (br_if 0 ${copy(0, 1, 7)}))`);
      expect(stdout).toBe(INPUT);
    });

    test("has its rest for a child that inherits it", async () => {
      const { stdout } = await run(`(drop ${copy(0, 1, 10)}) ${SPAWN}`, INPUT, CHILD_NAME);
      expect(stdout).toBe(INPUT);
    });

    test("goes on through a duplicate of its descriptor", async () => {
      const dup = "(drop (call $fd_dup (i32.const 0) (i32.const 700)))";
      const fromDuplicate =
        "(call $copy (i32.load (i32.const 700)) (i32.const 1) (i32.const 50000))";
      const { stdout } = await run(
        `(drop ${copy(0, 1, 10)}) ${dup} (loop (br_if 0 ${fromDuplicate}))`,
      );
      expect(stdout).toBe(INPUT);
    });

    test("is ready for reading while bytes are left", async () => {
      // One subscription at 800: read events of descriptor 0; the count of events goes to 900.
      const subscription = '(data (i32.const 800) "\\00\\00\\00\\00\\00\\00\\00\\00\\01")';
      const poll =
        "(drop (call $poll_oneoff (i32.const 800) (i32.const 1000) (i32.const 1) (i32.const 900)))";
      const exit = "(call $proc_exit (i32.load (i32.const 900)))";
      const { status } = await run(`(drop ${copy(0, 1, 1)}) ${poll} ${exit}`, "ab", subscription);
      expect(status >> 8).toBe(1);
    });
  });

  describe("a file that a guest alone has open", () => {
    const { openat, pwrite64, close } = {
      openat: (path: string) =>
        now(machine.kernel.init.openat(AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0)),
      pwrite64: (fd: number, data: string, at: number) =>
        now(machine.kernel.init.pwrite64(fd, encodeUtf8(data), at)),
      close: (fd: number) => now(machine.kernel.init.close(fd)),
    };

    /** Runs instructions with the file as standard input. */
    async function runOnFile(instructions: string, meanwhile?: (fd: number) => void) {
      install(machine, "/tmp/file", "aaaaabbbbb");
      install(machine, "/bin/guest", program(instructions, `${COPY} ${text("go")}`));
      const { init } = machine.kernel;
      const fd = openat("/tmp/file");
      const [read, end] = now(init.pipe2(O_CLOEXEC)) as [number, number];
      const own = openat("/tmp/file");
      const pid = await init.spawn(
        "/bin/guest",
        ["guest"],
        [],
        [duplicate(own, 0), duplicate(end, 1)],
        NO_ATTRIBUTES,
      );
      close(own);
      close(end);
      let output = "";
      const buffer = new Uint8Array(100);
      for (;;) {
        const count = await init.read(read, buffer);
        if (count === 0) break;
        output += Buffer.from(buffer.slice(0, count)).toString();
        meanwhile?.(fd);
      }
      const { status } = await init.wait4(pid, 0);
      close(read);
      close(fd);
      return { output, status };
    }

    test("shows a change that the guest waited for", async () => {
      const steps = `(drop ${copy(0, 1, 5)}) (drop (call $sleep_ms (i32.const 100))) (drop ${copy(0, 1, 5)})`;
      const { output } = await runOnFile(steps, (fd) => pwrite64(fd, "ccccc", 5));
      expect(output).toBe("aaaaaccccc");
    });

    test("has its offset where the guest has read to", async () => {
      const tell = "(drop (call $fd_tell (i32.const 0) (i32.const 700)))";
      const { status } = await runOnFile(
        `(drop ${copy(0, 1, 3)}) ${tell} (call $proc_exit (i32.load (i32.const 700)))`,
      );
      expect(status >> 8).toBe(3);
    });
  });

  describe("a file that takes several reads ahead, each larger than the last", () => {
    const LARGE = Array.from({ length: 150_000 }, (_, i) => `line ${i}\n`).join("");

    function runOnLarge(instructions: string, rest = "") {
      install(machine, "/tmp/large", LARGE);
      install(machine, "/bin/guest", program(instructions, `${COPY} ${rest}`));
      const open = {
        op: SpawnOp.OPEN,
        fd: 0,
        source: 0,
        flags: O_RDWR,
        mode: 0,
        path: "/tmp/large",
      };
      return runGuest(machine, ["/bin/guest"], { actions: [open] });
    }

    /** Copies pieces of 1001 bytes, which lie differently within a word each time. */
    const pieces = (count: number) =>
      `(loop (drop ${copy(0, 1, 1001)}) (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if 0 (i32.lt_u (local.get $i) (i32.const ${count}))))`;

    test("is read whole and in order", async () => {
      const { stdout } = await runOnLarge(`(loop (br_if 0 ${copy(0, 1, 1001)}))`);
      expect(stdout === LARGE).toBe(true);
    });

    test.each([80, 250, 500])("has its rest for a child after %i pieces", async (count) => {
      const { stdout } = await runOnLarge(`(local $i i32) ${pieces(count)} ${SPAWN}`, CHILD_NAME);
      expect(stdout === LARGE).toBe(true);
    });

    test.each([80, 250, 500])(
      "has its offset where the guest is after %i pieces",
      async (count) => {
        // Status 1 where the offset is another one.
        const tell = "(drop (call $fd_tell (i32.const 0) (i32.const 700)))";
        const wrong = `(i64.ne (i64.load (i32.const 700)) (i64.const ${count * 1001}))`;
        const { status } = await runOnLarge(
          `(local $i i32) ${pieces(count)} ${tell} (call $proc_exit ${wrong})`,
        );
        expect(status).toBe(0);
      },
    );
  });

  describe("an empty buffer beside a full one", () => {
    // Two buffers at 16: one is empty, the other holds the byte at 128.
    const [none, one] = ["\\00\\00\\00\\00\\00\\00\\00\\00", "\\80\\00\\00\\00\\01\\00\\00\\00"];
    const both = "(i32.const 16) (i32.const 2) (i32.const 32)";

    test.each([
      ["before", none + one],
      ["behind", one + none],
    ])("%s it changes nothing", async (_, buffers) => {
      const { stdout } = await run(
        `(drop (call $fd_read (i32.const 0) ${both})) (drop (call $fd_write (i32.const 1) ${both}))`,
        "xyz",
        `(data (i32.const 16) "${buffers}")`,
      );
      expect(stdout).toBe("x");
    });
  });

  describe("a pipe that a guest writes to", () => {
    test("gets many small writes in order, all before the guest's end is seen", async () => {
      const { stdout, status } = await run(
        `(local $i i32) (drop (call $fd_fdstat_get (i32.const 1) (i32.const 300)))
       (loop ${write(1)} (local.set $i (i32.add (local.get $i) (i32.const 1)))
         (br_if 0 (i32.lt_u (local.get $i) (i32.const 50000))))`,
        "",
        text("ab"),
      );
      expect(status).toBe(0);
      expect(stdout).toBe("ab".repeat(50_000));
    });

    test("gets writes to two descriptors in their order", async () => {
      const dup = "(drop (call $fd_dup (i32.const 1) (i32.const 700)))";
      const both = `${write(1)} (drop (call $fd_write (i32.load (i32.const 700)) (i32.const 16) (i32.const 1) (i32.const 32)))`;
      const { stdout } = await run(
        `(local $i i32) ${dup} (drop (call $fd_fdstat_get (i32.const 1) (i32.const 300)))
       (loop ${both} (local.set $i (i32.add (local.get $i) (i32.const 1)))
         (br_if 0 (i32.lt_u (local.get $i) (i32.const 100))))`,
        "",
        `${text("a")} (data (i32.const 16) "\\80\\00\\00\\00\\01\\00\\00\\00") (data (i32.const 128) "b")`,
      );
      expect(stdout.replaceAll("ab", "")).toBe("");
      expect(stdout).toHaveLength(200);
    });

    test("arrives soon while the guest computes on", async () => {
      const { init } = machine.kernel;
      install(
        machine,
        "/bin/guest",
        program(
          `(drop (call $fd_fdstat_get (i32.const 1) (i32.const 300))) ${write(1)} ${write(1)} (loop (br 0))`,
          text("x"),
        ),
      );
      const [read, end] = now(init.pipe2(O_CLOEXEC)) as [number, number];
      const pid = await init.spawn("/bin/guest", ["guest"], [], [duplicate(end, 1)], NO_ATTRIBUTES);
      const buffer = new Uint8Array(2);
      for (let got = 0; got < 2; ) got += await init.read(read, buffer.subarray(got));
      expect([...buffer]).toEqual([120, 120]);
      now(init.kill(pid, Signal.SIGKILL));
      await init.wait4(pid, 0);
      now(init.close(read));
      now(init.close(end));
    });

    test("that nobody reads any more ends it with SIGPIPE", async () => {
      const { init } = machine.kernel;
      install(machine, "/bin/guest", program(`(loop ${write(1)} (br 0))`, text("yes\n")));
      const [read, end] = now(init.pipe2(O_CLOEXEC)) as [number, number];
      const pid = await init.spawn("/bin/guest", ["guest"], [], [duplicate(end, 1)], NO_ATTRIBUTES);
      now(init.close(end));
      await init.read(read, new Uint8Array(4));
      now(init.close(read));
      expect((await init.wait4(pid, 0)).status).toBe(Signal.SIGPIPE);
    });

    test("tells a guest that ignores SIGPIPE by each write's own error", async () => {
      const { init } = machine.kernel;
      // Exits with WASI's number of EPIPE, the result of its second write.
      install(
        machine,
        "/bin/guest",
        program(
          `(drop (call $fd_fdstat_get (i32.const 1) (i32.const 300)))
         (drop (call $proc_sigaction (i32.const 13) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0)))
         ${write(1)} (drop ${copy(0, 1, 1)})
         (call $proc_exit (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 32)))`,
          `${COPY} ${text("x")} (data (i32.const 16) "\\80\\00\\00\\00\\01\\00\\00\\00")`,
        ),
      );
      const [output, outputEnd] = now(init.pipe2(O_CLOEXEC)) as [number, number];
      const [input, inputEnd] = now(init.pipe2(O_CLOEXEC)) as [number, number];
      const actions = [duplicate(input, 0), duplicate(outputEnd, 1)];
      const pid = await init.spawn("/bin/guest", ["guest"], [], actions, NO_ATTRIBUTES);
      now(init.close(outputEnd));
      await init.read(output, new Uint8Array(1));
      now(init.close(output));
      now(init.close(inputEnd));
      expect((await init.wait4(pid, 0)).status >> 8).toBe(64);
      now(init.close(input));
    });
  });
});
