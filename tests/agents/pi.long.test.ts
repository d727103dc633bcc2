/** An agent from npm completes a task in a machine: it writes a file, runs it, and tells the result. */
import { expect, test } from "vitest";
import { piMachine, runPi } from "./pi.ts";

const TASK_MS = 240_000;

test(
  "Pi in print mode writes a file and runs it",
  async () => {
    await using vm = await piMachine();
    const { stdout, exitCode } = await runPi(vm);
    expect(exitCode).toBe(0);
    expect(stdout.trim()).toBe("Done: hello from pi 42");
    expect(await vm.fs.readFile("/tmp/work/hello.js", "utf8")).toBe(
      "console.log('hello from pi', 6*7)\n",
    );
  },
  TASK_MS,
);
