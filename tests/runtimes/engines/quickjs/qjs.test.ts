/** /usr/bin/qjs: scripts on QuickJS as processes of the machine. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  AT_FDCWD,
  type Kernel,
  type KernelOptions,
  O_CLOEXEC,
  Signal,
} from "../../../../kernel/index.ts";
import { ProcFileSystem } from "../../../../kernel/vfs/proc/file-system.ts";
import { Walk } from "../../../../kernel/vfs/walk.ts";
import { BUILT_IN_MODULES } from "../../../../runtimes/engines/quickjs/prelude.ts";
import { qjs } from "../../../../runtimes/engines/quickjs/qjs.ts";
import { loadQuickJs } from "../../../../src/platforms/node/quickjs.ts";
import { bootKernel, NO_ATTRIBUTES, nodeHost, now, writeExecutable } from "../../../kernel/boot.ts";
import { duplicate, runGuest } from "../../wasi/machine.ts";

let kernel: Kernel;
let loads = 0;

const load = () => {
  loads++;
  return loadQuickJs();
};

beforeAll(() => {
  kernel = boot();
});
afterAll(() => kernel.shutdown());

function boot(host = nodeHost, limits: KernelOptions["limits"] = {}): Kernel {
  const made = bootKernel({ qjs: qjs({ load }) }, { host, limits });
  now(made.init.mkdirat(AT_FDCWD, "/proc", 0o555));
  const init = made.processes.get(1);
  if (!init) throw new Error("no pid 1");
  const walk = new Walk(init, init.fs.root);
  walk.to("/proc", true);
  made.mounts.mount(new ProcFileSystem(made), walk.location, "proc");
  return made;
}

async function run(
  args: readonly string[],
  options: Parameters<typeof runGuest>[2] = {},
  on = kernel,
) {
  const machine = { kernel: on } as never;
  const env = ["PATH=/bin", "NAME=value"];
  const { status, stdout, stderr } = await runGuest(machine, ["/bin/qjs", ...args], {
    env,
    ...options,
  });
  return { status: status & 127 || status >> 8, stdout, stderr };
}

async function prints(code: string, ...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await run(["-e", code, ...args]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout;
}

function file(path: string, text: string): string {
  writeExecutable(kernel, path, text);
  return path;
}

describe("what it runs", () => {
  test("an expression, a file with arguments, standard input, a script by its first line", async () => {
    expect(await prints("print(scriptArgs, 6 * 7)", "a", "b")).toBe('[ "a", "b" ] 42\n');
    const script = file("/tmp/script.js", "#!/bin/qjs\nprint(scriptArgs.join());");
    expect((await run([script, "x", "-y"])).stdout).toBe("/tmp/script.js,x,-y\n");
    expect((await run([], { stdin: "print('from stdin')" })).stdout).toBe("from stdin\n");
    const direct = await runGuest({ kernel } as never, [script, "z"]);
    expect(direct.stdout).toBe("/tmp/script.js,z\n");
  });

  test("modules, found beside the importing one", async () => {
    now(kernel.init.mkdirat(AT_FDCWD, "/tmp/lib", 0o755));
    file("/tmp/lib/a.js", "import { b } from '../b.js'; export const a = b + 1;");
    file("/tmp/b.js", "export const b = 1;");
    const main =
      "import { a } from './lib/a.js'; const { b } = await import('./b.js'); print(a, b);";
    expect((await run([file("/tmp/main.js", main)])).stdout).toBe("2 1\n");
    expect((await run([file("/tmp/top.mjs", "print(await 1)")])).stdout).toBe("1\n");
    expect((await run(["-m", "-e", "print(await 2)"])).stdout).toBe("2\n");
    const missing = await run(["-e", "import './missing.js'"]);
    expect(missing).toMatchObject({ status: 1, stdout: "" });
    expect(missing.stderr).toContain("could not load module 'missing.js'");
  });

  test("std and os as globals and as modules with the same names", async () => {
    const names = "print(Object.keys(std).sort().join(), Object.keys(os).sort().join())";
    const modules = `import * as s from "std"; import * as o from "os";
      print(Object.keys(s).sort().join(), Object.keys(o).sort().join())`;
    expect(await prints(modules)).toBe(await prints(names));
    expect([...BUILT_IN_MODULES.keys()]).toEqual(["std", "os"]);
  });

  test("wrong options are named", async () => {
    expect(await run(["--nonsense"])).toMatchObject({ status: 1, stdout: "" });
    expect((await run(["--nonsense"])).stderr).toContain("unknown option '--nonsense'");
    expect((await run(["-e"])).stderr).toContain("missing expression for -e");
    expect((await run(["--memory-limit", "x", "f"])).stderr).toContain("invalid size 'x'");
    expect(await run(["--help"])).toMatchObject({ status: 0, stderr: "" });
    const missing = await run(["/missing.js"]);
    expect(missing).toEqual({
      status: 1,
      stdout: "",
      stderr: "/missing.js: No such file or directory\n",
    });
  });
});

describe("how it ends", () => {
  test("with the status of std.exit, wherever that is called", async () => {
    expect((await run(["-e", "print(1); std.exit(3); print(2)"])).status).toBe(3);
    const inTimer = "os.setTimeout(() => std.exit(4), 1); os.setTimeout(() => print('no'), 50)";
    expect(await run(["-e", inTimer])).toEqual({ status: 4, stdout: "", stderr: "" });
  });

  test.each([
    [
      "an error",
      "function f() { throw new Error('boom') }; f()",
      "Error: boom\n    at f (<cmdline>:1:31)\n    at <eval> (<cmdline>:1:44)\n",
    ],
    ["a mistake of syntax", "let 1", "SyntaxError: expecting ';'\n    at <cmdline>:1:5\n"],
    [
      "a script whose last value is a promise that fails",
      "async function main() { throw new Error('late') }\nmain()",
      "Error: late\n    at main (<cmdline>:1:40)\n    at <eval> (<cmdline>:2:5)\n",
    ],
    ["what is no error", "throw { code: 7 }", "thrown: { code: 7 }\n"],
    [
      "a module's promise that fails",
      "export {}; await 0; throw new TypeError('late')",
      "TypeError: late\n    at <anonymous> (<cmdline>:1:40)\n",
    ],
    [
      "a module's promise that never settles",
      "export {}; await new Promise(() => {})",
      "<cmdline>: a promise at its top level never settles\n",
    ],
    [
      "an error in a timer",
      "os.setTimeout(() => { null.x }, 1)",
      "TypeError: cannot read property 'x' of null\n    at <anonymous> (<cmdline>:1:27)\n    at run (<prelude>)\n    at fireTimers (<prelude>)\n",
    ],
  ])("with status 1 and the stack after %s", async (_, code, wanted) => {
    const { status, stdout, stderr } = await run(["-e", code]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr.replace(/<prelude>:\d+:\d+/g, "<prelude>")).toBe(wanted);
  });

  test("with an error that can be caught where memory or stack run out", async () => {
    const grow = "const a = []; for (;;) a.push('x'.repeat(1e6) + a.length)";
    const caught = `try { ${grow} } catch (e) { print(e.name, e.message) }`;
    const limited = (code: string) => run(["--memory-limit", "8m", "-e", code]);
    expect((await limited(caught)).stdout).toBe("InternalError out of memory\n");
    expect((await limited(grow)).stderr).toContain("out of memory");
    const deep =
      "let d = 0; function g() { d++; g() } try { g() } catch (e) { print(e.name, d > 500) }";
    expect(await prints(deep)).toBe("InternalError true\n");
    const nested = await run(["-e", "eval('('.repeat(1e5) + ')'.repeat(1e5))"]);
    expect(nested).toEqual({ status: 1, stdout: "", stderr: "InternalError: stack overflow\n" });
  });

  test("where its memory is more than the machine allows, as /proc tells it", async () => {
    const limited = boot(nodeHost, { processMemory: 64 << 20 });
    const resident = `
      const resident = () =>
        +/VmRSS:\\s+(\\d+) kB/.exec(std.loadFile("/proc/self/status"))[1] * 1024;
      const before = resident(), held = [];`;
    const grow = (bytes: number) =>
      `for (let n = 0; n < ${bytes}; n += 1e6) held.push(new Uint8Array(1e6));
       print(before > 1e6, resident() - before > ${bytes / 2});`;
    const small = await run(["-e", `${resident} ${grow(20e6)}`], {}, limited);
    expect(small).toEqual({ status: 0, stdout: "true true\n", stderr: "" });
    const large = await run(["-e", `${resident} ${grow(100e6)} for (;;);`], {}, limited);
    expect(large).toMatchObject({ status: Signal.SIGKILL });
    limited.shutdown();
  });

  test("by a signal while it computes, waits, or sleeps", async () => {
    for (const code of [
      "for (;;);",
      "std.in.getline()",
      "os.sleep(60000)",
      "await 0; for(;;);\nexport {}",
    ]) {
      const { init } = kernel;
      const [input, inputEnd] = now(init.pipe2(O_CLOEXEC)) as [number, number];
      const [output, outputEnd] = now(init.pipe2(O_CLOEXEC)) as [number, number];
      const pid = await init.spawn(
        "/bin/qjs",
        ["qjs", "-e", `print(1); ${code}`],
        [],
        [duplicate(input, 0), duplicate(outputEnd, 1)],
        NO_ATTRIBUTES,
      );
      await init.read(output, new Uint8Array(2));
      now(init.kill(pid, Signal.SIGINT));
      expect((await init.wait4(pid, 0)).status).toBe(Signal.SIGINT);
      for (const fd of [input, inputEnd, output, outputEnd]) now(init.close(fd));
    }
  });

  test("also on a host whose clock stands still while it computes", async () => {
    const still = boot({ ...nodeHost, clock: { realtime: () => 0n, monotonic: () => 0n } });
    const pid = await still.init.spawn(
      "/bin/qjs",
      ["qjs", "-e", "for (;;);"],
      [],
      [],
      NO_ATTRIBUTES,
    );
    await new Promise((resolve) => setTimeout(resolve, 5));
    now(still.init.kill(pid, Signal.SIGKILL));
    expect((await still.init.wait4(pid, 0)).status).toBe(Signal.SIGKILL);
    still.shutdown();
  });
});

describe("std and os", () => {
  test("files", async () => {
    const code = `
      std.writeFile("/tmp/f", "one\\ntwo\\0\\nthrée");
      print(JSON.stringify(std.loadFile("/tmp/f")), std.loadFile("/tmp/none"));
      const f = std.open("/tmp/f", "r");
      print(f.getline(), f.tell(), JSON.stringify(f.getline()), f.getByte(), f.readAsString(), f.eof(), f.getline());
      f.seek(-1, std.SEEK_END); print(f.getByte(), f.close());
      const e = {}; print(std.open("/none/x", "w", e), e.errno === std.Error.ENOENT, std.strerror(e.errno));
      const w = std.open("/tmp/g", "w+"); w.puts("a", 1); w.printf("%03d", 7); w.putByte(33);
      w.seek(0, std.SEEK_SET); print(w.readAsString()); w.close();
      const fd = os.open("/tmp/g", os.O_RDWR | os.O_APPEND); const b = new Uint8Array([120, 121, 122]).buffer;
      print(os.write(fd, b, 1, 2), os.seek(fd, 0, std.SEEK_SET), os.read(fd, b, 0, 3), String.fromCharCode(...new Uint8Array(b)), os.close(fd), os.close(fd));
      print(std.loadFile("/tmp/g"));`;
    expect(await prints(code)).toBe(
      `"one\\ntwo\\u0000\\nthrée" null
one 4 "two\\u0000" 116 hrée true null
101 0
null true No such file or directory
a1007!
2 0 3 a10 0 -9
a1007!yz
`,
    );
  });

  test("folders, links and metadata", async () => {
    const code = `
      print(os.mkdir("/tmp/d"), os.mkdir("/tmp/d"), os.chdir("/tmp/d"), os.getcwd());
      std.writeFile("file", "12345"); os.symlink("file", "link");
      const [entries, err] = os.readdir("."); print(entries.sort(), err, os.readdir("/none"));
      const [s] = os.stat("link"), [l] = os.lstat("link");
      print(s.size, (s.mode & os.S_IFMT) === os.S_IFREG, (l.mode & os.S_IFMT) === os.S_IFLNK, os.readlink("link"), os.realpath("link"));
      os.utimes("file", 1000, 2000); print(os.stat("file")[0].mtime);
      print(os.rename("file", "/tmp/moved"), os.remove("/tmp/moved"), os.remove("link"), os.chdir("/"), os.remove("/tmp/d"), os.remove("/tmp/d"));`;
    expect(await prints(code)).toBe(`0 -17 0 [ "/tmp/d", 0 ]
[ ".", "..", "file", "link" ] 0 [ null, 2 ]
5 true true [ "file", 0 ] [ "/tmp/d/file", 0 ]
2000
0 0 0 0 0 -2
`);
  });

  test("processes, pipes and the environment", async () => {
    const child = "print(std.getenv('NAME'), std.in.getline()); std.exit(5)";
    const code = `
      print(std.getenv("NAME"), std.getenv("NONE")); std.setenv("NAME", "new"); std.unsetenv("PATH");
      const [r, w] = os.pipe(); const out = std.fdopen(w, "w"); out.puts("through\\n"); out.close();
      print(os.exec(["/bin/qjs", "-e", ${JSON.stringify(child)}], { stdin: r }));
      const pid = os.exec(["qjs", "-e", "for(;;);"], { block: false });
      print(os.kill(pid, os.SIGTERM), os.waitpid(pid, 0)[1], os.exec(["none"]), os.getpid() > 1);`;
    expect(await prints(code)).toBe("value undefined\nnew through\n5\n0 15 -2 true\n");
  });

  test("jobs and timers run in order", async () => {
    const code = `os.setTimeout(() => print("late"), 400); setTimeout((x) => print(x), 1, "early");
      clearTimeout(setTimeout(() => print("never"), 2)); os.sleepAsync(200).then(() => print("slept"));
      Promise.resolve().then(() => print("job")); print("main")`;
    expect(await prints(code)).toBe("main\njob\nearly\nslept\nlate\n");
  });

  test("what is printed", async () => {
    const code = `print("s", 1, -0, 2n, null, undefined, true, Symbol("y"), () => 1, class A {});
      print({ a: [1, "x"], "b-c": new Map([[1, { d: 2 }]]) }, new Set([1]), new Uint8Array(2), [], {}, /r/g);
      const o = {}; o.o = o; print(o, new (class Point { x = 1 })); print("a\\0b");
      std.printf("%5d|%-5s|%05.1f|%x|%c|%g|%e|%+d|%%\\n", 42, "ab", 3.14159, 255, 65, 1e-5, 12345.678, 3);
      print(std.sprintf("%s %i %u %o %#x %.2s", "é", 1.9, -1, 8, 255, "abc"));`;
    expect(
      await prints(code),
    ).toBe(`s 1 -0 2n null undefined true Symbol(y) [Function (anonymous)] [class A]
{ a: [ 1, "x" ], "b-c": Map(1) { 1 => { d: 2 } } } Set(1) { 1 } Uint8Array(2) [ 0, 0 ] [] {} /r/g
{ o: [Circular] } Point { x: 1 }
a\0b
   42|ab   |003.1|ff|A|1e-05|1.234568e+04|+3|%
é 1 4294967295 10 0xff ab
`);
    expect(await run(["-e", "console.error('to', 2)"])).toEqual({
      status: 0,
      stdout: "",
      stderr: "to 2\n",
    });
  });

  test("what is missing throws by its name", async () => {
    const { stderr } = await run(["-e", "os.signal(2, () => {})"]);
    expect(stderr).toContain("TypeError: os.signal is not supported");
  });
});

// QuickJS asks whether to stop between steps of a program alone, and all machines share its thread.
test("a builtin that would never come to its end is ended, and a program that works on is not", async () => {
  const endless = await run(["-e", "[].indexOf.call({ length: 2 ** 53 - 1 }, 1)"]);
  expect(endless).toMatchObject({ status: 6, stderr: "qjs: a builtin function took too long\n" });
  const sorted = "const a = Array.from({ length: 1e5 }, (_, i) => -i); a.sort((x, y) => x - y);";
  expect(await prints(`${sorted} print(a[0], a.indexOf(5), a.join().length)`)).toBe(
    "-99999 -1 688888\n",
  );
}, 60_000);

test("the engine is loaded once, and each script has a heap and randomness of its own", async () => {
  const seen = new Set<string>();
  for (let i = 0; i < 4; i++) seen.add(await prints("print(globalThis.x, Math.random()); x = 1"));
  expect(seen.size).toBe(4);
  for (const text of seen) expect(text).toMatch(/^undefined 0\.\d+\n$/);
  // Once for each kernel: this one, that with a limit, and that whose clock stood still.
  expect(loads).toBeLessThanOrEqual(3);
});
