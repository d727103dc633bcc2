/** Machines in a tab of a real Chromium: the API, commands in workers, and what ends them. */
import { describe, expect, test } from "vitest";
import { testBrowser } from "./tab.ts";

const tabs = testBrowser();

test("a machine boots and runs the shell's own commands", async () => {
  await using tab = await tabs.open();
  const result = await tab.page.evaluate(async () => {
    const vm = await isopod.createVm({ env: { NAME: "tab" } });
    const { stdout, exitCode } = await vm.exec("echo hello $NAME; pwd; exit 3");
    await vm.dispose();
    return { stdout, exitCode };
  });
  expect(result).toEqual({ stdout: "hello tab\n/home/user\n", exitCode: 3 });
  expect(tab.complaints).toEqual([]);
});

test("a pipeline of wasm commands runs, each in a worker of its own", async () => {
  await using tab = await tabs.open();
  const result = await tab.page.evaluate(async () => {
    const vm = await isopod.createVm();
    const engine = isopod.capabilities().commands;
    const { stdout } = await vm.exec("seq 1 1000 | sort -rn | grep 7 | head -n 3; ls / | wc -l");
    const large = await vm.exec("head -c 3000000 /dev/zero | tr '\\0' x | wc -c");
    return { engine, stdout, large: large.stdout };
  });
  expect(result).toEqual({ engine: "workers", stdout: "997\n987\n979\n18\n", large: "3000000\n" });
  expect(tab.complaints).toEqual([]);
});

test("spawn streams both ways, with back-pressure", async () => {
  await using tab = await tabs.open();
  const result = await tab.page.evaluate(async () => {
    const vm = await isopod.createVm();
    const sort = await vm.spawn(["sort", "-n"]);
    const input = sort.stdin.getWriter();
    for (let n = 5000; n > 0; n--) await input.write(`${n}\n`);
    await input.close();
    const text = await new Response(sort.stdout).text();
    const yes = await vm.spawn(["yes"]);
    const reader = yes.stdout.getReader();
    await reader.read();
    await reader.cancel();
    return {
      lines: text.split("\n").length,
      first: text.slice(0, 6),
      sort: await sort.exit,
      yes: await yes.exit,
    };
  });
  expect(result).toEqual({
    lines: 5001,
    first: "1\n2\n3\n",
    sort: { exitCode: 0 },
    yes: { exitCode: 141, signal: "SIGPIPE" },
  });
});

test("Ctrl-C on a terminal ends a command, and the shell goes on", async () => {
  await using tab = await tabs.open();
  const screen = await tab.page.evaluate(async () => {
    const vm = await isopod.createVm();
    const terminal = await vm.openTerminal({ cols: 60, rows: 10 });
    let screen = "";
    const decoder = new TextDecoder();
    const waiters: [string, () => void][] = [];
    terminal.onData((data) => {
      screen += decoder.decode(data, { stream: true });
      for (const [text, found] of waiters) if (screen.includes(text)) found();
    });
    const shows = (text: string) =>
      new Promise<void>((found) => {
        waiters.push([text, found]);
        if (screen.includes(text)) found();
      });
    await shows("$");
    // What is typed before it reads would be the shell's.
    await terminal.write("echo rea''ds; cat\r");
    await shows("reads");
    await terminal.write("typed\r");
    await shows("typed\r\ntyped");
    await terminal.write("\x03");
    await shows("^C");
    await terminal.write("echo after=$?\r");
    await shows("after=130");
    await terminal.write("exit 4\r");
    return { screen, exit: await terminal.exit };
  });
  expect(screen.exit).toEqual({ exitCode: 4 });
  expect(screen.screen).toContain("^C");
});

describe("guests that misbehave", () => {
  test("a loop ends by timeout, by kill and by the machine's end; other machines go on", async () => {
    await using tab = await tabs.open();
    const result = await tab.page.evaluate(async () => {
      const LOOP = "awk 'BEGIN { while (1) n++ }'";
      const [vm, other] = await Promise.all([isopod.createVm(), isopod.createVm()]);
      const byTimeout = await vm.exec(`timeout 0.5 ${LOOP}; echo $?`);
      const options = { timeout: 500, reject: false };
      const byOption = await vm.exec(LOOP, options);
      const loop = await vm.spawn(["awk", "BEGIN { while (1) n++ }"]);
      const meanwhile = await other.exec("echo on; seq 3 | tail -n 1");
      await loop.kill("SIGKILL");
      const byKill = await loop.exit;
      await vm.spawn(["awk", "BEGIN { while (1) n++ }"]);
      await vm.dispose();
      const after = await other.exec("seq 2");
      return {
        byTimeout: byTimeout.stdout,
        byOption: byOption.timedOut,
        meanwhile: meanwhile.stdout,
        byKill: byKill.signal,
        after: after.stdout,
      };
    });
    expect(result).toEqual({
      byTimeout: "124\n",
      byOption: true,
      meanwhile: "on\n3\n",
      byKill: "SIGKILL",
      after: "1\n2\n",
    });
  });

  test("CPU time is charged, so that ulimit -t ends a loop", async () => {
    await using tab = await tabs.open();
    const status = await tab.page.evaluate(async () => {
      const vm = await isopod.createVm();
      const { stdout } = await vm.exec("(ulimit -t 1; awk 'BEGIN { while (1) n++ }'); echo $?");
      return stdout;
    });
    expect(status).toMatch(/^(137|152)\n$/);
  });

  test("one that takes more memory than all may have is killed, and no other", async () => {
    await using tab = await tabs.open();
    const result = await tab.page.evaluate(async () => {
      const vm = await isopod.createVm({ commandMemory: 192 << 20 });
      const cat = await vm.spawn(["cat"]);
      const hog = await vm.exec(
        `awk 'BEGIN { s = "x"; while (1) { s = s s; printf "" > "/dev/null"; close("/dev/null") } }'`,
        { timeout: 60_000, reject: false },
      );
      const input = cat.stdin.getWriter();
      await input.write("still here");
      await input.close();
      return { signal: hog.signal, code: hog.exitCode, cat: await new Response(cat.stdout).text() };
    });
    expect(result).toEqual({ signal: "SIGKILL", code: 137, cat: "still here" });
  });

  test("one that needs more than a program may have is told so", async () => {
    await using tab = await tabs.open();
    const result = await tab.page.evaluate(async () => {
      const vm = await isopod.createVm();
      const hog = await vm.exec(`awk 'BEGIN { s = "x"; while (1) s = s s }'`, {
        timeout: 60_000,
        reject: false,
      });
      return { failed: hog.failed, timedOut: hog.timedOut, next: (await vm.exec("seq 1")).stdout };
    });
    expect(result).toEqual({ failed: true, timedOut: false, next: "1\n" });
  });
});

test("JavaScript runs on QuickJS, and its loop ends by a signal", async () => {
  await using tab = await tabs.open();
  const result = await tab.page.evaluate(async () => {
    const vm = await isopod.createVm();
    await vm.fs.writeFile(
      "sum.js",
      "print(scriptArgs.slice(1).reduce((a, b) => a + Number(b), 0));",
    );
    const sum = await vm.exec("qjs sum.js 1 2 39");
    const loop = await vm.exec("qjs -e 'while (true);'", { timeout: 500, reject: false });
    return { sum: sum.stdout, error: sum.stderr, timedOut: loop.timedOut };
  });
  expect(result).toEqual({ sum: "42\n", error: "", timedOut: true });
});

test("files have the shape of node:fs/promises, with Uint8Arrays and web streams", async () => {
  await using tab = await tabs.open();
  const result = await tab.page.evaluate(async () => {
    const vm = await isopod.createVm();
    await vm.fs.writeFile("notes.txt", "hällo\nwörld\n");
    const bytes = await vm.fs.readFile("notes.txt");
    const hex = await vm.fs.readFile("notes.txt", "hex");
    const file = await vm.fs.open("notes.txt");
    const lines: string[] = [];
    for await (const line of file.readLines()) lines.push(line);
    await file.close();
    const missing = await vm.fs.readFile("nowhere").catch((error) => error.message);
    const wrong = await vm.fs.readFile(7 as never).catch((error) => error.message);
    const streams = (() => {
      try {
        vm.fs.createReadStream("notes.txt");
      } catch (error) {
        return (error as Error).message;
      }
      return "";
    })();
    const names = await vm.fs.readdir("/home/user");
    const matched: string[] = [];
    for await (const name of vm.fs.glob("*.txt")) matched.push(name);
    return {
      isBytes: bytes instanceof Uint8Array && bytes.constructor === Uint8Array,
      ...{ hex, lines, missing, wrong, streams },
      has: names.includes("notes.txt"),
      matched,
    };
  });
  expect(result).toEqual({
    isBytes: true,
    hex: Buffer.from("hällo\nwörld\n").toString("hex"),
    lines: ["hällo", "wörld"],
    missing: "ENOENT: no such file or directory, open 'nowhere'",
    wrong:
      'The "path" argument must be of type string or an instance of Buffer or URL. Received type number (7)',
    streams: "createReadStream needs Node: here, use (await vm.fs.open(path)).readableWebStream()",
    has: true,
    matched: ["notes.txt"],
  });
});

test("what a tab does not have is refused by name", async () => {
  await using tab = await tabs.open();
  const result = await tab.page.evaluate(async () => {
    const refusal = (work: Promise<unknown>) => work.then(String, (error) => error.message);
    const vm = await isopod.createVm();
    const mount = { type: "host-directory", path: "/", readOnly: true } as const;
    return {
      mount: await refusal(vm.mount("/mnt", mount)),
      option: await refusal(isopod.createVm({ commandMemory: -1 })),
    };
  });
  expect(result.mount).toContain("a tab has no directories of the host");
  expect(result.option).toContain("commandMemory must be a whole number of at least 1");
});

test("a trace tells system calls as they are made", async () => {
  await using tab = await tabs.open();
  const lines = await tab.page.evaluate(async () => {
    const vm = await isopod.createVm();
    const lines: string[] = [];
    await vm.trace((line) => lines.push(line));
    await vm.exec("seq 1");
    await vm.trace(undefined);
    return lines;
  });
  expect(lines.some((line) => /write\(1, .*= 2/.test(line))).toBe(true);
});

test("the prompt appears after 1.15 MB, and a command is fetched when it first runs", async () => {
  await using tab = await tabs.open();
  await tab.page.evaluate(async () => {
    const vm = await isopod.createVm();
    const terminal = await vm.openTerminal();
    await new Promise<void>((prompted) => terminal.onData(() => prompted()));
    Object.assign(globalThis, { vm });
  });
  // What guests begin with is fetched meanwhile; the prompt does not wait for it.
  const ahead = /\/(guest|spawner)\.js$/;
  const first = tab.server.sent(ahead);
  console.log(`${Math.round(first / 1000)} kB before the prompt, uncompressed`);
  expect(first).toBeLessThan(1_150_000);
  await tab.page.evaluate(async () => {
    const { vm } = globalThis as unknown as { vm: import("../../src/browser.ts").Vm };
    await vm.exec("jq -n 1");
  });
  expect(tab.server.sent(ahead)).toBeGreaterThan(first + 100_000);
});
