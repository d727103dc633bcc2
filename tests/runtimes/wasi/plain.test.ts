/** A plain WASI program: ordinary preopened directories, and paths that do not leave them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AT_FDCWD } from "../../../kernel/index.ts";
import { now } from "../../kernel/boot.ts";
import { bootGuests, ENGINE_NAMES, type GuestMachine, install, runGuest } from "./machine.ts";
import { program } from "./wat.ts";

describe.each(ENGINE_NAMES)("%s", (engine) => {
  let machine: GuestMachine;

  beforeAll(async () => {
    machine = await bootGuests(engine);
    const { init } = machine.kernel;
    for (const path of ["/home", "/home/user", "/etc"]) now(init.mkdirat(AT_FDCWD, path, 0o755));
    install(machine, "/home/user/here", "here");
    install(machine, "/etc/there", "there");
    now(init.symlinkat("/etc/there", AT_FDCWD, "/home/user/absolute"));
    now(init.symlinkat("../../etc/there", AT_FDCWD, "/home/user/relative"));
  });
  afterAll(() => machine.dispose());

  /** Exits with the errno of opening `path` from descriptor `fd`. */
  async function open(path: string, fd: number): Promise<number> {
    const rights = "(i64.const 2) (i64.const 2)";
    const bytes = program(
      `(drop (call $fd_prestat_get (i32.const 3) (i32.const 500)))
     (call $proc_exit (call $path_open (i32.const ${fd}) (i32.const 1) (i32.const 600)
       (i32.const ${path.length}) (i32.const 0) ${rights} (i32.const 0) (i32.const 700)))`,
      `(data (i32.const 600) "${path}")`,
    );
    install(machine, "/bin/open", bytes);
    const { status } = await runGuest(machine, ["/bin/open"], { cwd: "/home/user" });
    return status >> 8;
  }

  test("descriptor 3 is the working directory", async () => {
    expect(await open("here", 3)).toBe(0);
    expect(await open("missing", 3)).toBe(44);
  });

  test("the root's directories have descriptors of their own", async () => {
    const opened = await Promise.all([4, 5, 6, 7, 8].map((fd) => open("there", fd)));
    expect(opened.filter((errno) => errno === 0)).toHaveLength(1);
  });

  test.each(["../user/here", "/etc/there", "absolute", "relative", "../../etc/there"])(
    "a path that leaves its directory is refused: %s",
    async (path) => {
      expect(await open(path, 3)).toBe(63);
    },
  );

  test("its own descriptors come behind the preopened ones", async () => {
    const rights = "(i64.const 2) (i64.const 2)";
    const bytes = program(
      `(local $fd i32)
     (local.set $fd (i32.const 3))
     (loop (local.set $fd (i32.add (local.get $fd) (i32.const 1)))
       (br_if 0 (i32.eqz (call $fd_prestat_get (local.get $fd) (i32.const 500)))))
     (drop (call $path_open (i32.const 3) (i32.const 1) (i32.const 600) (i32.const 4)
       (i32.const 0) ${rights} (i32.const 0) (i32.const 700)))
     (call $proc_exit (i32.sub (i32.load (i32.const 700)) (local.get $fd)))`,
      '(data (i32.const 600) "here")',
    );
    install(machine, "/bin/first", bytes);
    const { status } = await runGuest(machine, ["/bin/first"], { cwd: "/home/user" });
    expect(status).toBe(0);
  });
});
