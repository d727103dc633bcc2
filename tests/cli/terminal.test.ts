/** `isopod shell` in a real terminal: job control, line editing, resizing. */
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { Terminal, type TerminalOptions, whyNoTmux } from "./tmux.ts";

const ISOPOD = resolve(import.meta.dirname, "../../bin/isopod");
const missing = whyNoTmux();
if (missing !== undefined) console.warn(`tests/cli/terminal.test.ts is skipped: ${missing}`);

/** A prompt at the end of the screen, with nothing typed after it. */
const PROMPT = /\$$/;

async function openShell(options?: TerminalOptions): Promise<Terminal> {
  const terminal = new Terminal([process.execPath, ISOPOD, "shell"], options);
  await terminal.until(PROMPT);
  return terminal;
}

async function enter(terminal: Terminal, line: string, expected: RegExp): Promise<string> {
  terminal.type(line);
  terminal.press("Enter");
  return terminal.until(expected);
}

describe.skipIf(missing !== undefined)("isopod shell in tmux", () => {
  test("shows a prompt, runs commands, ends with their status", async () => {
    await using terminal = await openShell();
    await enter(terminal, "echo hello | tr a-z A-Z", /^HELLO$/m);
    await enter(terminal, "tty; [ -t 0 ] && echo terminal", /^\/dev\/pts\/\d+\nterminal$/m);
    await enter(terminal, "nope", /^bash: nope: command not found$/m);
    terminal.type("exit 3");
    terminal.press("Enter");
    expect(await terminal.exit()).toBe(3);
  });

  test("Ctrl-D at an empty line ends the shell", async () => {
    await using terminal = await openShell();
    await enter(terminal, "true", /\$ true\n.*\$$/);
    terminal.press("C-d");
    expect(await terminal.exit()).toBe(0);
  });

  test("Ctrl-C ends the foreground job, wasm or loop, and not the shell", async () => {
    await using terminal = await openShell();
    for (const line of ["sleep 1000", "yes > /dev/null", "while :; do :; done", "cat | cat"]) {
      terminal.press("C-l");
      await terminal.until(/^[^\n]*\$$/);
      terminal.type(`${line}; echo not reached`);
      terminal.press("Enter");
      await terminal.until(/not reached\n?$/);
      await terminal.signalUntil("C-c", /\^C\n[^\n]*\$$/);
      await enter(terminal, "echo status $?", /^status 130$/m);
    }
  });

  test("Ctrl-C at the prompt drops the line", async () => {
    await using terminal = await openShell();
    terminal.type("echo never");
    await terminal.until(/echo never$/);
    terminal.press("C-c");
    await terminal.until(/echo never\^C\n[^\n]*\$$/);
    expect(await enter(terminal, "echo status $?", /^status \d+$/m)).toMatch(/^status 130$/m);
  });

  test("Ctrl-Z, jobs, bg, fg", async () => {
    await using terminal = await openShell();
    await enter(terminal, "sleep 1000", /sleep 1000$/);
    await terminal.signalUntil("C-z", /^\[1\]\+ +Stopped +sleep 1000$/m);
    await enter(terminal, "jobs; echo listed", /^\[1\]\+ +Stopped +sleep 1000\nlisted$/m);
    await enter(terminal, "bg", /^\[1\]\+ +sleep 1000 &$/m);
    await enter(terminal, "jobs", /^\[1\]\+ +Running +sleep 1000 &$/m);
    await enter(terminal, "sleep 2000 &", /^\[2\] \d+$/m);
    terminal.press("C-l");
    await enter(terminal, "fg %1", /fg %1\nsleep 1000$/);
    await terminal.signalUntil("C-c", /\^C\n[^\n]*\$$/);
    await enter(terminal, "kill %2; wait; jobs; echo none left", /^none left$/m);
  });

  test("a background job that reads the terminal is stopped, and reads when it is in front", async () => {
    await using terminal = await openShell();
    await enter(terminal, "cat &", /^\[1\] \d+$/m);
    // The shell tells of it before a prompt, so prompts are asked for until it does.
    const prompts = setInterval(() => terminal.press("Enter"), 100);
    await terminal.until(/^\[1\]\+ +Stopped +cat$/m).finally(() => clearInterval(prompts));
    await enter(terminal, "fg", /fg\ncat$/m);
    await enter(terminal, "typed", /^typed\ntyped$/m);
    terminal.press("C-d");
    await terminal.until(PROMPT);
    await enter(terminal, "echo status $?", /^status 0$/m);
  });

  test("keys edit the line", async () => {
    await using terminal = await openShell();
    terminal.type("ecoh helo");
    terminal.press("Left", "l", "C-a", "Right", "Right", "Delete", "BSpace", "o", "C-b", "c");
    terminal.press("C-e");
    // "ec" + "oh": Delete takes o, BSpace takes c; then c and o come back in order.
    await terminal.until(/\$ ecoh hello$/);
    terminal.press("C-u");
    await terminal.until(PROMPT);
    terminal.type("echo one two three");
    terminal.press("C-w", "C-w", "M-b", "C-k");
    terminal.type("kept");
    terminal.press("C-y");
    await terminal.until(/\$ echo keptone $|\$ echo keptone$/);
    terminal.press("Home");
    expect(terminal.cursor().column).toBeLessThan(40);
    terminal.press("End", "Enter");
    await terminal.until(/^keptone$/m);
  });

  test("history comes back with the arrow keys and Ctrl-R", async () => {
    await using terminal = await openShell();
    await enter(terminal, "echo first", /^first$/m);
    await enter(terminal, "echo second", /^second$/m);
    terminal.press("C-l", "Up", "Up");
    await terminal.until(/\$ echo first$/);
    terminal.press("Down");
    await terminal.until(/\$ echo second$/);
    terminal.press("C-c");
    await terminal.until(/\^C\n[^\n]*\$$/);
    terminal.press("C-l");
    await terminal.until(/^[^\n]*\$$/);
    terminal.press("C-r");
    terminal.type("fir");
    await terminal.until(/echo first/);
    terminal.press("Enter");
    await terminal.until(/^first$/m);
  });

  test("Tab completes commands and files", async () => {
    await using terminal = await openShell();
    await enter(terminal, "mkdir some-directory; > some-directory/a-file", PROMPT);
    terminal.press("C-l");
    terminal.type("sha256s");
    terminal.press("Tab");
    terminal.type("some-d");
    terminal.press("Tab", "Tab");
    await terminal.until(/sha256sum some-directory\/a-file/);
    terminal.press("Enter");
    await terminal.until(/^e3b0c442/m);
  });

  test("a line longer than the terminal wraps and is edited as one", async () => {
    await using terminal = await openShell({ columns: 40, rows: 12 });
    terminal.type(`echo ${"x".repeat(60)}`);
    await terminal.until(/x{20,}\n?x+$/);
    terminal.press("C-a");
    terminal.type("true && ");
    terminal.press("Enter");
    await terminal.until(/\nx{40}\nx{20}\n/);
  });

  test("wide and combining characters are edited by character", async () => {
    await using terminal = await openShell();
    terminal.type("echo 日本語é");
    terminal.press("Left", "BSpace", "Enter");
    await terminal.until(/^日本é$/m);
  });

  test("the size of the window is known, and known again when it changes", async () => {
    await using terminal = await openShell({ columns: 90, rows: 20 });
    await enter(terminal, "echo size $COLUMNS $LINES", /^size 90 20$/m);
    terminal.resize(60, 15);
    // The shell asks for the size after each program that ran in front.
    const line =
      'until [ "$COLUMNS $LINES" = "60 15" ]; do env true; done; echo now $COLUMNS $LINES';
    await enter(terminal, line, /^now 60 15$/m);
    await enter(terminal, "trap 'echo changed' WINCH; echo armed", /^armed$/m);
    terminal.resize(70, 18);
    await terminal.until(/changed$/m);
  });

  test("a program in raw mode gets keys, and the terminal is sane after it", async () => {
    await using terminal = await openShell();
    const line = 'read -rsn1 -p "key? " key; echo "[$key]"';
    terminal.type(line);
    terminal.press("Enter");
    await terminal.until(/^key\? ?$/m);
    terminal.press("x");
    await terminal.until(/\[x\]$/m);
    await enter(terminal, "echo typed back", /typed back\ntyped back$/m);
  });
});

test.skipIf(missing !== undefined)(
  "the host's terminal is as before once the shell has ended",
  async () => {
    const isopod = `'${process.execPath}' '${ISOPOD}' shell`;
    const script = `stty -g > /tmp/before.$$; ${isopod}; stty -g | cmp - /tmp/before.$$ && echo as before; rm /tmp/before.$$`;
    await using terminal = new Terminal(["bash", "-c", script]);
    await terminal.until(PROMPT);
    terminal.press("C-d");
    await terminal.until(/^as before$/m);
    expect(await terminal.exit()).toBe(0);
  },
);
