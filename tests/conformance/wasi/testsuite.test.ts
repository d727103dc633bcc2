/** Every program of the wasi-testsuite on the engines of Node. tests/hosts runs them elsewhere. */
import { dirname } from "node:path/posix";
import { describe, expect, test } from "vitest";
import { AT_FDCWD } from "../../../kernel/index.ts";
import { now } from "../../kernel/boot.ts";
import {
  bootGuests,
  ENGINE_NAMES,
  type EngineName,
  type GuestMachine,
  install,
  runGuest,
} from "../../runtimes/wasi/machine.ts";
import {
  judge,
  loadProgram,
  problemOf,
  programNames,
  ROOT,
  SUITES,
  type SuiteProgram,
} from "./suite.ts";

describe.skipIf(ROOT === undefined).each(ENGINE_NAMES)("wasi-testsuite on %s", (engine) => {
  describe.each(SUITES)("%s", (suite) => {
    test.each(programNames(suite))("%s", async (name) => {
      judge(suite, name, await runProgram(engine, loadProgram(suite, name)));
    });
  });
});

async function runProgram(engine: EngineName, program: SuiteProgram): Promise<string | undefined> {
  const machine = await bootGuests(engine);
  try {
    for (const [path, bytes] of program.files) {
      makeDirectories(machine, dirname(path));
      install(machine, `/${path}`, bytes);
    }
    makeDirectories(machine, ".program");
    install(machine, `/.program/${program.name}`, program.wasm);
    const env = Object.entries(program.env).map(([name, value]) => `${name}=${value}`);
    const { status, stdout, stderr } = await runGuest(
      machine,
      [`/.program/${program.name}`, ...program.args],
      { env },
    );
    expect(machine.faults).toEqual([]);
    // A signal's number lies below the exit code.
    const exitCode = (status & 0x7f) === 0 ? status >> 8 : -(status & 0x7f);
    return problemOf(program, { exitCode, stdout, stderr });
  } finally {
    await machine.dispose();
  }
}

function makeDirectories({ kernel }: GuestMachine, path: string): void {
  let made = "";
  for (const name of path.split("/").filter((name) => name !== ".")) {
    made += `/${name}`;
    try {
      now(kernel.init.mkdirat(AT_FDCWD, made, 0o755));
    } catch {
      // It is there.
    }
  }
}
