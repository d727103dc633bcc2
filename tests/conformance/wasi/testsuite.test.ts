/**
 * WebAssembly/wasi-testsuite, preview 1, prebuilt programs, run from a folder outside of this
 * repository: ISOPOD_WASI_TESTSUITE names the checkout of its branch `prod/testsuite-base`.
 * https://github.com/WebAssembly/wasi-testsuite/blob/main/doc/specification.md
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
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
import { EXPECTED_FAILURES } from "./expectations.ts";

const ROOT = process.env["ISOPOD_WASI_TESTSUITE"];
const SUITES = ["c", "assemblyscript", "rust"] as const;

interface Specification {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly exit_code?: number;
  readonly stdout?: string;
  readonly root?: string;
}

describe.skipIf(ROOT === undefined).each(ENGINE_NAMES)("wasi-testsuite on %s", (engine) => {
  for (const suite of SUITES) {
    const folder = join(ROOT ?? "", "tests", suite, "testsuite", "wasm32-wasip1");
    const names = existsSync(folder) ? readdirSync(folder) : [];
    const programs = names
      .filter((name) => name.endsWith(".wasm"))
      .map((name) => name.slice(0, -5));
    describe(suite, () => {
      test.each(programs)("%s", async (program) => {
        const problem = await runProgram(engine, folder, program);
        const expected = EXPECTED_FAILURES.find(
          (entry) => entry.suite === suite && entry.program === program,
        );
        if (expected) expect(problem, `stale expectation: ${expected.reason}`).toBeDefined();
        else expect(problem).toBeUndefined();
      });
    });
  }
});

/** What differs from the specification; undefined: nothing. */
async function runProgram(
  engine: EngineName,
  folder: string,
  program: string,
): Promise<string | undefined> {
  const path = join(folder, `${program}.json`);
  const specification = (
    existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {}
  ) as Specification;
  const machine = await bootGuests(engine);
  try {
    if (specification.root) copyTree(machine, join(folder, specification.root), "");
    now(machine.kernel.init.mkdirat(AT_FDCWD, "/.program", 0o755));
    install(machine, `/.program/${program}`, readFileSync(join(folder, `${program}.wasm`)));
    const { status, stdout, stderr } = await runGuest(
      machine,
      [`/.program/${program}`, ...(specification.args ?? [])],
      { env: Object.entries(specification.env ?? {}).map(([name, value]) => `${name}=${value}`) },
    );
    expect(machine.faults).toEqual([]);
    const wanted = (specification.exit_code ?? 0) << 8;
    if (status !== wanted) return `status ${status}, not ${wanted}: ${stderr}`;
    const same = specification.stdout === undefined || stdout === specification.stdout;
    return same ? undefined : `printed ${JSON.stringify(stdout)}`;
  } finally {
    await machine.dispose();
  }
}

function copyTree(machine: GuestMachine, from: string, to: string): void {
  for (const name of readdirSync(from)) {
    const [source, target] = [join(from, name), `${to}/${name}`];
    if (statSync(source).isDirectory()) {
      now(machine.kernel.init.mkdirat(AT_FDCWD, target, 0o755));
      copyTree(machine, source, target);
    } else install(machine, target, readFileSync(source));
  }
}
