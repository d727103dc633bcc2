/**
 * WebAssembly/wasi-testsuite, preview 1, prebuilt programs, in a folder outside of this repository:
 * ISOPOD_WASI_TESTSUITE names the checkout of its branch `prod/testsuite-base`.
 * https://github.com/WebAssembly/wasi-testsuite/blob/main/doc/specification.md
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { EXPECTED_FAILURES } from "./expectations.ts";

export const ROOT = process.env["ISOPOD_WASI_TESTSUITE"];
export const SUITES = ["c", "assemblyscript", "rust"] as const;

export type SuiteName = (typeof SUITES)[number];

export interface SuiteProgram {
  readonly name: string;
  readonly wasm: Uint8Array;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Files that it finds in its root directory, by path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly expected: { readonly exitCode: number; readonly stdout: string | undefined };
}

export function programNames(suite: SuiteName): string[] {
  const folder = folderOf(suite);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.filter((name) => name.endsWith(".wasm")).map((name) => name.slice(0, -5));
}

export function loadProgram(suite: SuiteName, name: string): SuiteProgram {
  const folder = folderOf(suite);
  const path = join(folder, `${name}.json`);
  const {
    args = [],
    env = {},
    exit_code = 0,
    stdout,
    root,
  }: Specification = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
  return {
    name,
    wasm: readFileSync(join(folder, `${name}.wasm`)),
    args,
    env,
    files: root ? filesUnder(join(folder, root)) : new Map(),
    expected: { exitCode: exit_code, stdout },
  };
}

/** `problem`: how a run differs from what the suite specifies; undefined: not at all. */
export function judge(suite: SuiteName, program: string, problem: string | undefined): void {
  const expected = EXPECTED_FAILURES.find(
    (entry) => entry.suite === suite && entry.program === program,
  );
  if (expected) expect(problem, `stale expectation: ${expected.reason}`).toBeDefined();
  else expect(problem).toBeUndefined();
}

export function problemOf(
  { expected }: SuiteProgram,
  { exitCode, stdout, stderr }: { exitCode: number; stdout: string; stderr: string },
): string | undefined {
  if (exitCode !== expected.exitCode) {
    return `status ${exitCode}, not ${expected.exitCode}: ${stderr}`;
  }
  const same = expected.stdout === undefined || stdout === expected.stdout;
  return same ? undefined : `printed ${JSON.stringify(stdout)}`;
}

interface Specification {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly exit_code?: number;
  readonly stdout?: string;
  readonly root?: string;
}

function folderOf(suite: SuiteName): string {
  return join(ROOT ?? "", "tests", suite, "testsuite", "wasm32-wasip1");
}

function filesUnder(folder: string): Map<string, Uint8Array> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  return new Map(files.map((name) => [name, readFileSync(join(folder, name))]));
}
