/** A guest that traps, loops or eats memory ends by itself: its machine and its neighbours go on. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createVm, type Vm } from "../../src/index.ts";
import { I32, op, wasmModule } from "../support/wasm-module.ts";

const FD_WRITE = {
  module: "wasi_snapshot_preview1",
  name: "fd_write",
  parameters: [I32, I32, I32, I32],
  results: [I32],
};

/** One iovec at 0 that points at two bytes of text at 8; the count goes to 16. */
const HELLO = {
  imports: [FD_WRITE],
  data: "\x08\0\0\0\x03\0\0\0hi\n",
  body: [...op.i32(1), ...op.i32(0), ...op.i32(1), ...op.i32(16), ...op.call(0), ...op.drop],
};

const GUESTS = {
  hello: wasmModule(HELLO),
  trap: wasmModule({ body: op.unreachable }),
  loop: wasmModule({ body: [...op.loop, ...op.br(0), ...op.end] }),
  // Grows by 1 MiB until that is refused, then traps.
  eater: wasmModule({
    body: [
      ...[...op.loop, ...op.i32(16), ...op.memoryGrow, ...op.i32(-1), ...op.i32Eq, ...op.i32Eqz],
      ...[...op.brIf(0), ...op.end, ...op.unreachable],
    ],
  }),
  // Recurses without end: calls itself, function 0.
  deep: wasmModule({ body: op.call(0) }),
  // fd_write with an iovec list far outside of its memory.
  wild: wasmModule({
    imports: [FD_WRITE],
    body: [
      ...[...op.i32(1), ...op.i32(0x7fff0000), ...op.i32(1000), ...op.i32(0), ...op.call(0)],
      // EFAULT is 21.
      ...[...op.i32(21), ...op.i32Eq, ...op.i32Eqz, ...op.ifThen, ...op.unreachable, ...op.end],
    ],
  }),
  missing: wasmModule({
    imports: [{ module: "nowhere", name: "nothing", parameters: [], results: [] }],
    body: [],
  }),
  garbage: Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 99, 99, 99),
};

let vm: Vm;

beforeAll(async () => {
  vm = await createVm();
  for (const [name, bytes] of Object.entries(GUESTS)) {
    await vm.fs.writeFile(`/home/user/${name}`, bytes, { mode: 0o755 });
  }
});
afterAll(() => vm.dispose());

async function alive(): Promise<void> {
  const { stdout, exitCode } = await vm.exec("echo alive | cat; ./hello");
  expect({ stdout, exitCode }).toEqual({ stdout: "alive\nhi\n", exitCode: 0 });
}

test("a guest of a few bytes runs", alive);

test("a trap ends the guest, not the line, and leaves a word about it", async () => {
  const { stdout, stderr, exitCode } = await vm.exec("./trap; echo after $?");
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^after (1[0-9]{2}|[1-9][0-9]?)\n$/);
  expect(stderr).toMatch(/Aborted|Illegal instruction|unreachable/);
  await alive();
});

test("a trap in a pipeline ends its stage only", async () => {
  const { stdout } = await vm.exec(
    'echo in | ./trap 2>/dev/null | wc -c; [ "${PIPESTATUS[1]}" != 0 ]; echo $?',
  );
  expect(stdout).toBe("0\n0\n");
});

test("a loop without a system call is killed, by the line and by the host", async () => {
  const killed = await vm.exec("./loop & sleep 0.05; kill -KILL $!; wait $!; echo $?");
  expect(killed.stdout).toBe("137\n");
  const term = await vm.exec("timeout 0.2 ./loop; echo $?");
  expect(term.stdout).toBe("124\n");
  const cut = await vm.exec("./loop", { timeout: 200, reject: false });
  expect(cut.timedOut).toBe(true);
  const stop = new AbortController();
  const running = vm.exec("./loop", { signal: stop.signal, reject: false });
  stop.abort();
  expect((await running).isCanceled).toBe(true);
  await alive();
});

test("a guest that eats memory is refused more, and dies alone", async () => {
  const before = process.memoryUsage.rss();
  const { stdout } = await vm.exec("./eater 2>/dev/null; echo $?");
  expect(Number(stdout)).toBeGreaterThan(0);
  expect(process.memoryUsage.rss() - before).toBeLessThan(1.5e9);
  await alive();
});

test("endless recursion ends the guest", async () => {
  const { stdout } = await vm.exec("./deep 2>/dev/null; echo $?");
  expect(Number(stdout)).toBeGreaterThan(0);
  await alive();
});

test("pointers outside of its memory are EFAULT to the guest", async () => {
  const { exitCode, stderr } = await vm.exec("./wild");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
});

test.each(["missing", "garbage"])("a module that cannot start is an error: %s", async (name) => {
  const { stdout, stderr } = await vm.exec(`./${name}; echo $?`);
  expect(Number(stdout)).toBeGreaterThan(0);
  expect(stderr).not.toBe("");
  await alive();
});

test("many guests at once, some of them bad, all end", async () => {
  const line = "for i in {1..8}; do ./trap 2>/dev/null & ./hello & timeout 0.3 ./loop & done; wait";
  const { stdout } = await vm.exec(`{ ${line}; } 2>/dev/null`);
  expect(stdout).toBe("hi\n".repeat(8));
  await alive();
});
