/**
 * WebAssembly programs that hand every import of the machine pointers, lengths and numbers that lead out of
 * their memory, of every type: each is an errno, a trap of that program, or nothing; the machine goes on.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createVm, type Vm } from "../../src/index.ts";
import { I32, op, wasmModule } from "../support/wasm-module.ts";

const I64 = 0x7e;
const PROGRAMS = [
  "curl",
  "git",
  "python3",
  "grep",
  "sed",
  "awk",
  "tar",
  "ls",
  "cp",
  "sqlite3",
  "jq",
  "vim",
];
/** As i32: nothing, all ones, the largest positive one, just before the end of a page, and unaligned. */
const NUMBERS = [0, -1, 0x7fff_ffff, -0x8000_0000, 65_535, 3];
/** More than that many arguments no import has. */
const PARAMETERS = [1, 2, 4, 6, 9];

let vm: Vm;
let imports: { readonly module: string; readonly name: string }[];

beforeAll(async () => {
  vm = await createVm();
  const found = new Map<string, { module: string; name: string }>();
  for (const program of PROGRAMS) {
    const bytes = await vm.fs.readFile(`/usr/bin/${program}`).catch(() => undefined);
    if (bytes?.[0] !== 0 || bytes[1] !== 0x61) continue;
    const compiled = await WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>);
    for (const { module, name, kind } of WebAssembly.Module.imports(compiled)) {
      if (kind === "function") found.set(`${module}.${name}`, { module, name });
    }
  }
  imports = [...found.values()].filter(({ name }) => !/^(proc_exit|sleep|poll)/.test(name));
});
afterAll(() => vm.dispose());

test("there are many to try", () => {
  expect(imports.length).toBeGreaterThan(60);
});

test("numbers that lead nowhere, through each import", async () => {
  await vm.fs.mkdir("/home/user/p");
  let count = 0;
  for (const [index, { module, name }] of imports.entries()) {
    // JavaScript takes any number of arguments; one program for each, because a trap ends it.
    for (const many of PARAMETERS) {
      for (const type of many < 3 ? [I32] : [I32, I64]) {
        const parameters = Array.from({ length: many }, (_, i) => (i % 2 === 1 ? type : I32));
        const body = NUMBERS.flatMap((number) => [
          ...parameters.flatMap((kind) => (kind === I64 ? i64(number) : op.i32(number))),
          ...op.call(0),
          ...op.drop,
        ]);
        const bytes = wasmModule({ imports: [{ module, name, parameters, results: [I32] }], body });
        await vm.fs.writeFile(`/home/user/p/${index}-${many}-${type}`, bytes, { mode: 0o755 });
        count++;
      }
    }
  }
  const { stdout } = await vm.exec(
    `cd p; n=0; for f in *; do ./$f </dev/null >/dev/null 2>&1; n=$((n+1)); done & p=$!; wait $p; ls | wc -l; echo alive | cat`,
    { timeout: 100_000 },
  );
  expect(stdout).toBe(`${count}\nalive\n`);
  expect((await vm.stats()).processes.used).toBe(1);
});

/** i64.const, signed LEB128. */
function i64(value: number): number[] {
  return [0x42, ...op.i32(value).slice(1)];
}
