/** Signals that come while a script runs, from outside and from itself. */
import { describe, expect, test } from "vitest";
import type { Kernel } from "../../../../kernel/index.ts";
import { now } from "../../../kernel/boot.ts";
import { bootShell, type Outcome, runBash, runProgram } from "../machine.ts";

const SIGINT = 2;
const SIGTERM = 15;

/** Runs a script, and sends a signal to its whole group once `count` processes run. */
function signalled(script: string, signal: number, count: number): Promise<Outcome> {
  const kernel = bootShell();
  const onStart = (pid: number) => {
    const send = async () => {
      while (!isReady(kernel, count)) await new Promise((wake) => setTimeout(wake, 5));
      now(kernel.init.kill(-pid, signal));
    };
    void send();
  };
  return runProgram(kernel, ["/bin/bash", "-c", script], { onStart });
}

/** So many processes exist, and all of them had time to say what they catch. */
function isReady(kernel: Kernel, count: number): boolean {
  const sleeping = kernel.processes.all().some((process) => process.command === "sleep");
  return sleeping && kernel.processes.size >= count;
}

describe("an interrupt at the terminal", () => {
  test("that ends the command ends the script", async () => {
    const outcome = await signalled("sleep 5; echo not reached", SIGINT, 3);
    expect(outcome).toMatchObject({ stdout: "", status: 128 + SIGINT });
  });

  test("that the command handles lets the script go on", async () => {
    const script = "bash -c 'trap \"exit 3\" INT; sleep 5; :'; echo went on $?";
    expect(await signalled(script, SIGINT, 4)).toMatchObject({ stdout: "went on 3\n", status: 0 });
  });

  test("runs its trap after the command", async () => {
    const script = "trap 'echo trapped' INT; sleep 5; echo status $?";
    const outcome = await signalled(script, SIGINT, 3);
    expect(outcome).toMatchObject({ stdout: "trapped\nstatus 130\n", status: 0 });
  });

  test("does not reach what runs in the background", async () => {
    const script = "{ sleep 0.2; echo still here; } & trap 'echo trapped' INT; wait; wait";
    const outcome = await signalled(script, SIGINT, 4);
    expect(outcome.stdout).toBe("trapped\nstill here\n");
  });
});

describe("a signal that ends the shell", () => {
  test("does so at once, even while a command runs", async () => {
    expect((await signalled("sleep 5; echo no", SIGTERM, 3)).status).toBe(128 + SIGTERM);
  });

  test.each([
    ["trap 'echo bye' EXIT; kill -TERM $$; echo no", "bye\n", 143],
    ["trap 'echo bye' EXIT; kill -INT $$; echo no", "bye\n", 130],
    ["trap 'echo bye $?' EXIT; exit 4", "bye 4\n", 4],
    ["trap 'exit 5' EXIT; exit 4", "", 5],
    ["trap 'echo got; exit 6' USR1; kill -USR1 $$; echo no", "got\n", 6],
    ["kill -KILL $$; echo no", "", 137],
  ])("%s", async (script, stdout, status) => {
    expect(await runBash(script)).toMatchObject({ stdout, status });
  });
});

describe("a trap", () => {
  test.each([
    ["trap 'echo got' USR1; kill -USR1 $$", "got\n"],
    ["trap 'echo got' TERM; kill -TERM $$; echo end", "got\nend\n"],
    ["trap '' TERM; kill -TERM $$; echo alive; bash -c 'kill -TERM $$; echo too'", "alive\ntoo\n"],
    ["trap '' USR1; bash -c 'trap \"echo no\" USR1; kill -USR1 $$; echo deaf'", "deaf\n"],
    [
      "trap 'echo parent' TERM; (trap; kill -TERM $BASHPID; echo no); echo $?",
      "trap -- 'echo parent' SIGTERM\n143\n",
    ],
    [
      "trap 'echo usr1' USR1; (sleep 0.1; kill -USR1 $$; sleep 0.1) & wait; echo $?; wait",
      "usr1\n138\n",
    ],
    ["trap 'echo chld' CHLD; : & wait; :", "chld\n"],
    ["f() { trap 'echo ret' RETURN; echo in; }; f; g() { :; }; g; echo out", "in\nret\nout\n"],
    [
      "trap 'echo err $?' ERR; false; f() { false; }; f; ! true; if false; then :; fi",
      "err 1\nerr 1\n",
    ],
    ["trap 'echo got $?' USR1; f() { kill -USR1 $$; return 3; }; f; echo $?", "got 0\n3\n"],
  ])("%s", async (script, stdout) => {
    expect((await runBash(script)).stdout).toBe(stdout);
  });

  test("a pipe that nobody reads ends the writer", async () => {
    const outcome = await runBash("yes | { read x; echo $x; }; echo ${PIPESTATUS[@]}");
    expect(outcome.stdout).toBe("y\n141 0\n");
  });
});
