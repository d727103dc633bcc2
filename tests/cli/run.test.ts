/** `isopod run`: exit status, signals, streams, mounts, environment. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const ISOPOD = resolve(import.meta.dirname, "../../bin/isopod");

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, [ISOPOD, ...args], { stdio: "pipe" });
}

async function ended(child: ChildProcess, stdin: string | Uint8Array = ""): Promise<Ended> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(stdin);
  const [status, signal] = await once(child, "close");
  const text = (chunks: Buffer[]): string => Buffer.concat(chunks).toString("latin1");
  return { stdout: text(stdout), stderr: text(stderr), status, signal };
}

const run = (...args: string[]): Promise<Ended> => ended(start("run", ...args));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "isopod-cli-"));
  writeFileSync(join(folder, "from-host"), "host text\n");
});
afterAll(() => rmSync(folder, { recursive: true }));

test("a shell line: output, errors and status pass through", async () => {
  const result = await run("-c", "echo out; echo err >&2; exit 3");
  expect(result).toEqual({ stdout: "out\n", stderr: "err\n", status: 3, signal: null });
});

test("a program with arguments, none of them taken for options", async () => {
  expect(await run("seq", "-s,", "3")).toMatchObject({ stdout: "1,2,3\n", status: 0 });
  expect(await run("printf", "<%s>", "a b", "$HOME", "*")).toMatchObject({
    stdout: "<a b><$HOME><*>",
  });
  const missing = await run("no-such-program");
  expect(missing.status).toBe(127);
  expect(missing.stderr).toContain("no-such-program");
});

test("the line of the README's second show", async () => {
  const line =
    'seq 1 100000 | awk "{s+=\\$1} END {print s}" | tee /tmp/x | sha256sum; wc -c < /tmp/x';
  expect(await run("-c", line)).toMatchObject({
    stdout: "bb76e655ba0dec5579ab043243c4ebd2d3d9a889dc8ecec51f0369f9c2ca4c26  -\n11\n",
    status: 0,
  });
});

test("standard input passes through, bytes and all", async () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 7) & 0xff);
  const child = start("run", "-c", "tee /dev/stderr | sha256sum > /dev/null");
  const { stderr } = await ended(child, bytes);
  expect(Buffer.from(stderr, "latin1").equals(bytes)).toBe(true);
});

test("much output comes whole", async () => {
  const { stdout, status } = await run("-c", "seq 1 500000");
  expect(status).toBe(0);
  expect(stdout.length).toBe(3_388_895);
  expect(stdout.endsWith("\n500000\n")).toBe(true);
});

test("a reader that goes away ends it", async () => {
  const child = start("run", "yes");
  child.stderr?.resume();
  await once(child.stdout as NonNullable<ChildProcess["stdout"]>, "data");
  child.stdout?.destroy();
  const [status, signal] = await once(child, "close");
  expect(signal ?? status).not.toBe(0);
});

test("environment and working directory", async () => {
  const result = await run(
    "-e",
    "A=1",
    "-e",
    "B=two words",
    "-w",
    "/tmp",
    "-c",
    'echo "$A $B $PWD"',
  );
  expect(result).toMatchObject({ stdout: "1 two words /tmp\n", status: 0 });
  const host = await run("-c", "env");
  expect(host.stdout).not.toContain("npm_");
  expect(host.stdout).toContain("HOME=/home/user\n");
});

test("mounts: read-write writes on the host, read-only refuses", async () => {
  const line = "cat /mnt/from-host; echo guest > /mnt/from-guest";
  expect(await run("-v", `${folder}:/mnt`, "-c", line)).toMatchObject({
    stdout: "host text\n",
    status: 0,
  });
  expect(readFileSync(join(folder, "from-guest"), "utf8")).toBe("guest\n");
  const refused = await run("-v", `${folder}:/mnt:ro`, "-c", "cat /mnt/from-host; > /mnt/new");
  expect(refused).toMatchObject({ stdout: "host text\n", status: 1 });
  expect(refused.stderr).toContain("Read-only file system");
});

test("nothing of the host is there unmounted", async () => {
  const { stdout, status } = await run("-c", `cat ${folder}/from-host; ls /work`);
  expect(stdout).toBe("");
  expect(status).not.toBe(0);
});

test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
  "%s ends the program inside",
  async (signal) => {
    const child = start("run", "-c", "echo ready; sleep 1000");
    child.stderr?.resume();
    await once(child.stdout as NonNullable<ChildProcess["stdout"]>, "data");
    child.kill(signal);
    const [status, by] = await once(child, "close");
    expect([signal, 128 + { SIGTERM: 15, SIGINT: 2, SIGHUP: 1 }[signal]]).toContain(by ?? status);
  },
);

test("a signal reaches a trap inside, whose status counts", async () => {
  const line = "trap 'echo caught; exit 9' TERM; echo ready; while :; do sleep 0.1; done";
  const child = start("run", "-c", line);
  await once(child.stdout as NonNullable<ChildProcess["stdout"]>, "data");
  child.kill("SIGTERM");
  const { stdout, status } = await ended(child);
  expect(stdout).toBe("caught\n");
  expect(status).toBe(9);
});

test("a program that dies of a signal shows it", async () => {
  const { status, signal } = await run("-c", "kill -KILL $$");
  expect(signal === "SIGKILL" || status === 137).toBe(true);
});

test("--strace tells every system call on standard error", async () => {
  const { stdout, stderr, status } = await run("--strace", "-c", "head -n 1 /etc/hostname");
  expect({ stdout, status }).toEqual({ stdout: "isopod\n", status: 0 });
  expect(stderr).toMatch(/openat\(.*"\/etc\/hostname"/);
  expect(stderr).toMatch(/write\(1, .*\) = 7/);
  expect(stderr).toMatch(/exit/);
});

test.each([
  [["--no-such-option"], /--no-such-option/],
  [["run"], /usage|Usage/],
  [["no-such-subcommand"], /no-such-subcommand/],
  [["run", "-v", "nonsense", "true"], /nonsense/],
  [["run", "-v", "/no/such/folder:/mnt", "true"], /\/no\/such\/folder/],
  [["run", "-w", "/no/such/folder", "true"], /\/no\/such\/folder/],
  [["run", "-e", "=x", "true"], /=x/],
])("a wrong command line is an error that says what: %j", async (args, words) => {
  const { stdout, stderr, status } = await ended(start(...args));
  expect(stdout).toBe("");
  expect(stderr).toMatch(words);
  expect(stderr).not.toMatch(/\n {4}at /);
  expect(status).toBeGreaterThan(0);
});

test("--help says what there is", async () => {
  const { stdout, status } = await ended(start("--help"));
  expect(status).toBe(0);
  for (const word of ["run", "shell", "-c", "-v", "-e", "-w", "--strace"]) {
    expect(stdout).toContain(word);
  }
});

test("`isopod start` without a terminal and without input gives the tour", async () => {
  const child = spawn(process.execPath, [ISOPOD, "start"], { stdio: ["ignore", "pipe", "pipe"] });
  const { stdout, status } = await ended(child);
  expect(status).toBe(0);
  expect(stdout.split("\n").length).toBeGreaterThan(20);
});

test("`isopod start` reads commands from a pipe", async () => {
  const result = await ended(start("start"), "echo piped\nseq 2\nexit 4\n");
  expect(result.stdout).toBe("piped\n1\n2\n");
  expect(result.status).toBe(4);
});
