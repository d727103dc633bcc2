/** The small programs inside the kernel, as commands of a machine. */
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createVm, type Vm } from "../../../src/index.ts";

let vm: Vm;
beforeAll(async () => {
  vm = await createVm({ kernel: "in-thread" });
});
afterAll(() => vm.dispose());

async function run(argv: readonly string[], user?: string) {
  const child = await vm.spawn(argv, { stdin: "ignore", ...(user ? { user } : {}) });
  const [stdout, stderr, { exitCode }] = await Promise.all([
    text(child.stdout as never),
    text(child.stderr as never),
    child.exit,
  ]);
  return { stdout, stderr, exitCode };
}

const line = (command: string) => run(command.split(" "));
const ok = (stdout: string) => ({ stdout, stderr: "", exitCode: 0 });

describe("uname, arch, hostname", () => {
  test.each([
    ["uname", "Linux\n"],
    ["uname -n -s", "Linux isopod\n"],
    ["uname --machine", "wasm32\n"],
    ["uname -o", "GNU/Linux\n"],
    ["arch", "wasm32\n"],
    ["hostname", "isopod\n"],
    ["hostname -s", "isopod\n"],
    ["hostname -I", "127.0.0.1\n"],
  ])("%s", async (command, stdout) => {
    expect(await line(command)).toEqual(ok(stdout));
  });

  test("uname -a names everything but what nobody knows", async () => {
    expect((await line("uname -a")).stdout).toMatch(/^Linux isopod \S+ .+ wasm32 GNU\/Linux\n$/);
  });

  test("what is wrong is said", async () => {
    expect(await line("uname -x")).toMatchObject({
      stderr: expect.stringContaining("uname: invalid option -- 'x'"),
      exitCode: 1,
    });
    expect(await line("uname extra")).toMatchObject({ exitCode: 1 });
    expect(await line("hostname mine")).toMatchObject({
      stderr: "hostname: Operation not permitted\n",
      exitCode: 1,
    });
  });

  test("root may name the machine", async () => {
    await using other = await createVm({ kernel: "in-thread" });
    await (await other.spawn(["hostname", "renamed"], { user: "root" })).exit;
    const child = await other.spawn(["hostname"]);
    expect(await text(child.stdout as never)).toBe("renamed\n");
  });
});

describe("id, groups, whoami", () => {
  test.each([
    ["id", "uid=1000(user) gid=1000(user) groups=1000(user)\n"],
    ["id root", "uid=0(root) gid=0(root) groups=0(root)\n"],
    ["id 0", "uid=0(root) gid=0(root) groups=0(root)\n"],
    ["id -u", "1000\n"],
    ["id -un nobody", "nobody\n"],
    ["id -gn nobody", "nogroup\n"],
    ["id --groups --name", "user\n"],
    ["id -zu", "1000\0"],
    ["groups", "user\n"],
    ["groups root user", "root : root\nuser : user\n"],
    ["whoami", "user\n"],
  ])("%s", async (command, stdout) => {
    expect(await line(command)).toEqual(ok(stdout));
  });

  test.each([
    ["id -ug", 'id: cannot print "only" of more than one choice\n'],
    ["id -n", "id: cannot print only names or real IDs in default format\n"],
    ["id nope", "id: 'nope': no such user\n"],
    ["groups nope", "groups: 'nope': no such user\n"],
    ["whoami extra", "whoami: extra operand 'extra'\n"],
  ])("%s fails", async (command, stderr) => {
    expect(await line(command)).toEqual({ stdout: "", stderr, exitCode: 1 });
  });

  test("believes the credentials, not the environment", async () => {
    const child = await vm.spawn(["whoami"], { user: "root", env: { USER: "somebody" } });
    expect(await text(child.stdout as never)).toBe("root\n");
  });
});

describe("sync, flock, setsid, chroot", () => {
  test("sync takes files", async () => {
    expect(await line("sync /etc/passwd")).toEqual(ok(""));
    expect(await line("sync")).toEqual(ok(""));
    expect(await line("sync /none")).toEqual({
      stdout: "",
      stderr: "sync: error syncing '/none': No such file or directory\n",
      exitCode: 1,
    });
  });

  test("flock runs a command under a lock, and gives up where it is told to", async () => {
    expect(await line("flock /tmp/lock uname")).toEqual(ok("Linux\n"));
    expect(await line("flock /tmp/lock uname -x")).toMatchObject({ exitCode: 1 });
    const holder = await vm.spawn(["flock", "/tmp/lock", "cat"]);
    await expect.poll(async () => (await line("flock -n -E 9 /tmp/lock uname")).exitCode).toBe(9);
    expect((await line("flock -w 0.05 /tmp/lock uname")).exitCode).toBe(1);
    expect((await line("flock -s -n /tmp/lock uname")).exitCode).toBe(1);
    await holder.kill("SIGKILL");
    expect(await line("flock /tmp/lock uname")).toEqual(ok("Linux\n"));
  });

  test("setsid starts a session", async () => {
    const { stdout } = await run([
      "setsid",
      "-w",
      "bash",
      "-c",
      "read -r a b c d e f g < /proc/self/stat; [ $f = $$ ] && echo leader",
    ]);
    expect(stdout).toBe("leader\n");
    expect(await line("setsid -w nope")).toMatchObject({ exitCode: 127 });
  });

  test("chroot is root's alone", async () => {
    expect(await line("chroot /usr /bin/uname")).toMatchObject({
      stderr: "chroot: cannot change root directory to '/usr': Operation not permitted\n",
      exitCode: 125,
    });
    expect(await run(["chroot", "/usr", "/bin/uname"], "root")).toEqual(ok("Linux\n"));
    expect(await run(["chroot", "/usr", "/none"], "root")).toMatchObject({ exitCode: 127 });
  });
});

describe("tty and stty", () => {
  async function onTerminal(argv: readonly string[], size = { cols: 80, rows: 24 }) {
    const terminal = await vm.openTerminal({ argv, ...size });
    const output = await text(terminal.output as never);
    return { output: output.replaceAll("\r\n", "\n"), ...(await terminal.exit) };
  }

  test("without a terminal", async () => {
    expect(await line("tty")).toEqual({ stdout: "not a tty\n", stderr: "", exitCode: 1 });
    expect(await line("stty")).toEqual({
      stdout: "",
      stderr: "stty: 'standard input': Inappropriate ioctl for device\n",
      exitCode: 1,
    });
  });

  test("tty names it", async () => {
    expect((await onTerminal(["tty"])).output).toMatch(/^\/dev\/pts\/\d+\n$/);
    expect((await onTerminal(["tty", "-s"])).output).toBe("");
  });

  test("stty -a shows everything, in lines of the terminal's width", async () => {
    const { output } = await onTerminal(["stty", "-a"], { cols: 70, rows: 20 });
    expect(output).toContain("speed 38400 baud; rows 20; columns 70; line = 0;\n");
    expect(output).toMatch(/intr = \^C; quit = \^\\; erase = \^\?; kill = \^U; eof = \^D;/);
    expect(output).toMatch(/^isig icanon iexten echo echoe echok -echonl/m);
    for (const row of output.split("\n")) expect(row.length).toBeLessThan(70);
  });

  test.each([
    ["stty -echo; stty -a", /-echo /],
    ["stty raw; stty -a", /min = 1; time = 0;[\s\S]*-icrnl[\s\S]*-opost[\s\S]*-isig -icanon/],
    ["stty raw; stty sane; stty", /^speed 38400 baud; line = 0;\n/],
    ["stty intr ^K susp undef; stty -a", /intr = \^K;[\s\S]*susp = <undef>;/],
    ["stty rows 11 cols 55; stty size", /^11 55\n$/],
    ['saved=$(stty -g); stty raw -echo; stty "$saved"; stty -a', /icanon iexten echo /],
    ["stty -F /dev/tty size", /^24 80\n$/],
    ["stty tab3; stty", /tab3/],
  ])("%s", async (script, expected) => {
    expect((await onTerminal(["bash", "-c", script])).output).toMatch(expected);
  });

  test.each([
    ["stty nonsense", "stty: invalid argument 'nonsense'"],
    ["stty -sane", "stty: invalid argument '-sane'"],
    ["stty erase", "stty: missing argument to 'erase'"],
    ["stty rows x", "stty: invalid integer argument: 'x'"],
    ["stty -a echo", "stty: when specifying an output style, modes may not be set"],
  ])("%s is refused", async (command, words) => {
    const { output, exitCode } = await onTerminal(command.split(" "));
    expect(output).toContain(words);
    expect(exitCode).toBe(1);
  });
});

describe("less", () => {
  /** The screen as a terminal would show it: the last frame, without colours. */
  async function openLess(content: string, ...options: string[]) {
    await vm.fs.writeFile("/tmp/text", content);
    const terminal = await vm.openTerminal({
      argv: ["less", ...options, "/tmp/text"],
      cols: 20,
      rows: 6,
    });
    let shown = "";
    terminal.onData((data) => {
      shown += Buffer.from(data).toString();
    });
    const screen = () =>
      (shown.split("\u001b[H").at(-1) ?? "").replace(/\u001b\[[\d;?]*[A-Za-z]/g, "").split("\r\n");
    return { terminal, screen, raw: () => shown };
  }

  const numbered = Array.from({ length: 20 }, (_, i) => `line ${i + 1}\n`).join("");

  test("pages forwards and backwards, to the end and back", async () => {
    const { terminal, screen } = await openLess(numbered);
    await expect
      .poll(screen)
      .toEqual(["line 1", "line 2", "line 3", "line 4", "line 5", "/tmp/text"]);
    await terminal.write(" ");
    await expect.poll(() => screen()[0]).toBe("line 6");
    await terminal.write("jj");
    await expect.poll(() => screen()[0]).toBe("line 8");
    await terminal.write("b");
    await expect.poll(() => screen()[0]).toBe("line 3");
    await terminal.write("G");
    await expect.poll(screen).toEqual([...[16, 17, 18, 19, 20].map((n) => `line ${n}`), "(END)"]);
    await terminal.write("\u001b[A");
    await expect.poll(() => screen()[0]).toBe("line 15");
    await terminal.write("g");
    await expect.poll(() => screen()[0]).toBe("line 1");
    await terminal.write("q");
    expect(await terminal.exit).toEqual({ exitCode: 0, signal: undefined });
  });

  test("finds text, both ways", async () => {
    const { terminal, screen } = await openLess(numbered);
    await terminal.write("/LINE 1\r");
    await expect.poll(() => screen()[0]).toBe("line 10");
    await terminal.write("n");
    await expect.poll(() => screen()[0]).toBe("line 11");
    await terminal.write("NN");
    await expect.poll(() => screen()[0]).toBe("line 1");
    await terminal.write("/nothing\r");
    await expect.poll(() => screen().at(-1)).toBe("Pattern not found");
    await terminal.write("q");
    expect((await terminal.exit).exitCode).toBe(0);
  });

  test("wraps long lines, or cuts them with -S", async () => {
    const long = `${"x".repeat(30)}\nnext\n`;
    const wrapped = await openLess(long);
    await expect
      .poll(() => wrapped.screen().slice(0, 3))
      .toEqual(["x".repeat(20), "x".repeat(10), "next"]);
    await wrapped.terminal.write("q");
    const cut = await openLess(long, "-S");
    await expect.poll(() => cut.screen().slice(0, 2)).toEqual(["x".repeat(20), "next"]);
    await cut.terminal.write("q");
  });

  test("-F leaves at once where everything fits, and shows it", async () => {
    const { terminal, raw } = await openLess("short\n", "-F");
    expect((await terminal.exit).exitCode).toBe(0);
    await expect.poll(raw).toContain("short");
    expect(raw()).not.toContain("\u001b[?1049h");
  });

  test("a new window size is followed, and the terminal is sane afterwards", async () => {
    const { terminal, screen } = await openLess(numbered);
    await expect.poll(() => screen().length).toBe(6);
    await terminal.resize({ cols: 20, rows: 4 });
    await expect.poll(() => screen().length).toBe(4);
    await terminal.write("q");
    expect((await terminal.exit).exitCode).toBe(0);
  });

  test("without a terminal it is cat", async () => {
    await vm.fs.writeFile("/tmp/plain", "a\nb");
    expect(await line("less /tmp/plain")).toEqual(ok("a\nb"));
    expect(await line("less /none")).toEqual({
      stdout: "",
      stderr: "less: /none: No such file or directory\n",
      exitCode: 1,
    });
  });
});
