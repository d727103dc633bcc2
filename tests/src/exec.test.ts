/** `vm.exec`: what comes back, and what cuts a command short. */
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createVm, ExecError, type Vm } from "../../src/index.ts";

let vm: Vm;
beforeAll(async () => {
  vm = await createVm();
});
afterAll(() => vm.dispose());

test("output, errors, status", async () => {
  expect(await vm.exec("echo out; echo err >&2; exit 3")).toMatchObject({
    command: "echo out; echo err >&2; exit 3",
    stdout: "out\n",
    stderr: "err\n",
    exitCode: 3,
    signal: undefined,
    failed: true,
    timedOut: false,
    isCanceled: false,
    isMaxBuffer: false,
  });
  expect(await vm.exec("true")).toMatchObject({ exitCode: 0, failed: false });
});

test("a command that a signal ended has 128 and its number", async () => {
  expect(await vm.exec("kill -TERM $$")).toMatchObject({ exitCode: 143, signal: "SIGTERM" });
});

test("without input the end comes at once", async () => {
  expect((await vm.exec("wc -c")).stdout.trim()).toBe("0");
});

test.each([
  ["a string", () => "text é"],
  ["bytes", () => Buffer.from("text é")],
  ["an iterable", () => ["te", Buffer.from("xt é")]],
  ["a web stream", () => new Blob(["text é"]).stream()],
  ["a Node stream", () => Readable.from(["text", " é"])],
])("input from %s", async (_name, stdin) => {
  expect((await vm.exec("cat", { stdin: stdin() as string })).stdout).toBe("text é");
});

test("much input and output at once", async () => {
  const stdin = "x".repeat(5 << 20);
  expect((await vm.exec("cat", { stdin })).stdout).toBe(stdin);
});

test("input that nobody reads does not hold the command up", async () => {
  async function* endless() {
    while (true) yield "more\n";
  }
  expect((await vm.exec("head -n 1", { stdin: endless() })).stdout).toBe("more\n");
  expect((await vm.exec("echo done", { stdin: "y".repeat(5 << 20) })).stdout).toBe("done\n");
});

test("input that fails ends the command", async () => {
  async function* failing() {
    yield "a";
    throw new Error("from the source");
  }
  await expect(vm.exec("cat; sleep 1000", { stdin: failing() })).rejects.toThrow();
});

test("environment, directory, user", async () => {
  const { stdout } = await vm.exec('echo "$A $HOME"; pwd; id -un', {
    env: { A: "1" },
    cwd: "/usr",
    user: "root",
  });
  expect(stdout).toBe("1 /root\n/usr\nroot\n");
});

test.each([
  ["utf8", "é\n"],
  ["hex", "c3a90a"],
  ["base64", "w6kK"],
  ["latin1", "Ã©\n"],
] as const)("encoding %s", async (encoding, expected) => {
  expect((await vm.exec("echo é", { encoding })).stdout).toBe(expected);
});

test("bytes that are no text", async () => {
  const { stdout } = await vm.exec("printf '\\377\\0\\1'", { encoding: "buffer" });
  expect([...stdout]).toEqual([255, 0, 1]);
});

test("a timeout ends it, and what it started", async () => {
  const error = await vm
    .exec("echo first; sleep 1000 | sleep 1000", { timeout: 2000 })
    .catch((e) => e);
  expect(error).toBeInstanceOf(ExecError);
  expect(error).toMatchObject({
    code: "ETIMEDOUT",
    stdout: "first\n",
    timedOut: true,
    failed: true,
    signal: "SIGTERM",
    exitCode: 143,
  });
  await expect.poll(() => vm.processes()).toEqual([]);
});

test("a command that ignores SIGTERM is killed", async () => {
  const result = await vm.exec("trap '' TERM; while :; do :; done", {
    // Long enough for the trap to be set on any machine.
    timeout: 2000,
    reject: false,
  });
  expect(result).toMatchObject({ timedOut: true, signal: "SIGKILL" });
});

test("an abort ends it, with its reason", async () => {
  const controller = new AbortController();
  const running = vm.exec("sleep 1000", { signal: controller.signal });
  controller.abort(new Error("mine"));
  await expect(running).rejects.toMatchObject({
    code: "ABORT_ERR",
    isCanceled: true,
    cause: { message: "mine" },
  });
  await expect(vm.exec("true", { signal: AbortSignal.abort() })).rejects.toThrow();
});

test("too much output ends it and names the setting", async () => {
  const error = await vm.exec("yes", { maxBuffer: 1000 }).catch((e) => e);
  expect(error).toMatchObject({ code: "ERR_MAX_BUFFER", isMaxBuffer: true });
  expect(error.message).toContain("maxBuffer");
  expect(error.stdout).toBe("y\n".repeat(500));
});

test("reject says what is an error", async () => {
  await expect(vm.exec("exit 3", { reject: true })).rejects.toMatchObject({
    code: "ERR_COMMAND_FAILED",
    exitCode: 3,
  });
  expect(await vm.exec("sleep 1000", { timeout: 50, reject: false })).toMatchObject({
    timedOut: true,
  });
});

test("background jobs go on after it, and their output is heard no more", async () => {
  const { stdout } = await vm.exec(
    "mkfifo /tmp/gate; (read < /tmp/gate; echo late; echo kept > /tmp/late) & echo now",
  );
  expect(stdout).toBe("now\n");
  await vm.exec("echo > /tmp/gate");
  await expect.poll(() => vm.fs.readFile("/tmp/late", "utf8").catch(() => "")).toBe("kept\n");
});

test("a background job that never falls silent does not hold it up", async () => {
  const { stdout } = await vm.exec("while sleep 0.01; do echo; done & echo now");
  expect(stdout).toContain("now\n");
  await vm.exec("pkill bash");
});

test("output that comes right after the end is still there", async () => {
  const { stdout } = await vm.exec("echo straggler > >(read -r word; echo $word)");
  expect(stdout).toBe("straggler\n");
});

test("many at once", async () => {
  const results = await Promise.all(
    Array.from({ length: 50 }, (_, i) => vm.exec(`echo ${i} | cat`)),
  );
  expect(results.map(({ stdout }) => stdout)).toEqual(
    Array.from({ length: 50 }, (_, i) => `${i}\n`),
  );
});

test("results and errors have the same fields", async () => {
  const result = await vm.exec("true");
  const error = await vm.exec("sleep 9", { timeout: 20 }).catch((e) => e);
  for (const field of Object.keys(result)) expect(error).toHaveProperty(field);
});
