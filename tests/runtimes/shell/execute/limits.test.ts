/** What a script cannot do to its machine: run for ever unstoppably, or take all there is. */
import { describe, expect, test } from "vitest";
import { codeOf, now } from "../../../kernel/boot.ts";
import { bootShell, DIRECTORY, runBash, runProgram } from "../machine.ts";

const AT_FDCWD = -100;
const SIGINT = 2;
const SIGKILL = 9;
const SIGTERM = 15;

/** Runs an endless script until it has made the file `begun`, then sends the signal. */
async function interrupted(script: string, signal: number) {
  const kernel = bootShell();
  const running = runProgram(kernel, ["/bin/bash", "-c", script]);
  const shell = kernel.processes.all().at(-1)?.pid ?? 0;
  const { init } = kernel;
  while ((await codeOf(() => init.openat(AT_FDCWD, `${DIRECTORY}/begun`, 0, 0))) !== "OK") {
    await new Promise((wake) => setTimeout(wake, 5));
  }
  now(kernel.init.kill(shell, signal));
  const outcome = await running;
  expect(kernel.processes.size).toBe(1);
  return outcome;
}

describe("an endless loop", () => {
  test.each([
    ["while :; do :; done"],
    ["for ((;;)); do ((i++)); done"],
    ["f() { while :; do g; done; }; g() { :; }; f"],
    ["while :; do x=$(echo a); done"],
    ["until false; do [[ a == b* ]]; done"],
  ])("%s ends by a signal", async (loop) => {
    const script = `> begun; ${loop}`;
    expect((await interrupted(script, SIGTERM)).status).toBe(128 + SIGTERM);
    expect((await interrupted(script, SIGINT)).status).toBe(128 + SIGINT);
    expect((await interrupted(script, SIGKILL)).status).toBe(128 + SIGKILL);
  });

  test("runs traps between its commands", async () => {
    const script = "trap 'echo got; exit 3' TERM; > begun; while :; do :; done";
    expect(await interrupted(script, SIGTERM)).toMatchObject({ stdout: "got\n", status: 3 });
  });

  test("leaves others their turn", async () => {
    const script = "while :; do :; done & p=$!; for i in 1 2 3; do echo $i; done; kill $p; wait $p";
    expect(await runBash(script)).toMatchObject({ stdout: "1\n2\n3\n", status: 143 });
  });
});

describe("recursion ends in an error, not in a crash", () => {
  test.each([
    ["f() { f; }; f", /^environment: line 1: f: maximum function nesting level exceeded/],
    ["FUNCNEST=5; f() { f; }; f", /f: maximum function nesting level exceeded \(5\)/],
    [`e='eval "$e"'; eval "$e"`, /eval: maximum function nesting level exceeded/],
    ["f() { echo $(f); }; f", /fork: Resource temporarily unavailable/],
    [":(){ :|:& };:", /fork: Resource temporarily unavailable/],
  ])("%s", async (script, message) => {
    const kernel = bootShell();
    const { stderr } = await runProgram(kernel, ["/bin/bash", "-c", script]);
    expect(stderr).toMatch(message);
    expect((await runProgram(kernel, ["/bin/bash", "-c", "echo alive"])).stdout).toBe("alive\n");
  });

  test("three thousand calls deep is fine", async () => {
    const script = "f() { (($1 > 0)) && f $(($1 - 1)); ((n++)); }; f 3000; echo $n";
    expect((await runBash(script)).stdout).toBe("3001\n");
  });
});

describe("memory", () => {
  test.each([
    ["x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done", /xmalloc: cannot allocate/, 2],
    ["x=aaaaaaaaaaaaaaaa; while :; do x+=$x; done", /xmalloc: cannot allocate/, 2],
    ["x=$(yes)", /xmalloc: cannot allocate/, 2],
    ["echo {1..100000000}", /brace expansion: failed to allocate memory for 100000000 elements/, 1],
  ])("%s", async (script, message, status) => {
    const outcome = await runBash(script);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.status).toBe(status);
  });
});

test("thousands of ended jobs cost nothing", async () => {
  const script = "for ((i = 0; i < 1500; i++)); do : & done; wait; echo done";
  expect((await runBash(script)).stdout).toBe("done\n");
});

test("process substitutions are reaped", async () => {
  const script = "for i in {1..400}; do read x < <(echo $i); done; echo $x";
  expect((await runBash(script)).stdout).toBe("400\n");
});
