/**
 * Runs a case in a machine of its own: the same bytes in, the same environment, the same clock. The
 * suite's files are mounted where the host can do that, and copied into the machine elsewhere.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { hostDirectory, type Vm } from "../../../src/index.ts";
import { hostFromEnvironment, openHost, type TestHost } from "../../support/hosts/host.ts";
import { CASE_TIMEOUT, type Case, environmentOf, type Outcome } from "./case.ts";

const PLACE = { directory: "/tmp/case", root: "/mnt/suite", programs: "/mnt/programs" };
const OUTPUT_MAX = 8 << 20;
const PROGRAMS = join(import.meta.dirname, "programs");
/** Folders of the checkout that cases reach for, as far as a suite has them. */
const SHARED = ["spec", "testdata"];

const HOST = hostFromEnvironment();
let opened: Promise<TestHost> | undefined;

export async function runInMachine(test: Case, root: string): Promise<Outcome> {
  const vm = await machineFor(test, root);
  const output: Output = { stdout: [], stderr: [], size: 0 };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((settle) => {
    timer = setTimeout(() => settle("timeout"), CASE_TIMEOUT);
  });
  try {
    const run = start(vm, test, output);
    run.catch(() => {});
    const ended = await Promise.race([run, late]);
    const trouble = typeof ended === "string" ? { trouble: ended } : {};
    return {
      stdout: Buffer.concat(output.stdout).toString("latin1"),
      stderr: Buffer.concat(output.stderr).toString("latin1"),
      status: typeof ended === "string" ? 0 : ended,
      ...trouble,
    };
  } finally {
    clearTimeout(timer);
    await vm.dispose();
  }
}

export async function closeHost(): Promise<void> {
  await (await opened)?.[Symbol.asyncDispose]();
}

async function machineFor(test: Case, root: string): Promise<Vm> {
  opened ??= openHost(HOST);
  const host = await opened;
  if (HOST === "node") {
    const mounts = { [PLACE.root]: hostDirectory(root), [PLACE.programs]: hostDirectory(PROGRAMS) };
    return host.createVm({ mounts });
  }
  const vm = await host.createVm();
  await vm.exec(`mkdir -p ${PLACE.root} && chown user /mnt ${PLACE.root}`, { user: "root" });
  await copyIn(vm, PROGRAMS, PLACE.programs);
  const reaches = test.stdin?.includes("REPO_ROOT") || test.stdin?.includes(PLACE.root);
  for (const folder of reaches ? SHARED : []) {
    if (existsSync(join(root, folder))) {
      await copyIn(vm, join(root, folder), `${PLACE.root}/${folder}`);
    }
  }
  return vm;
}

async function copyIn(vm: Vm, from: string, to: string): Promise<void> {
  await vm.fs.mkdir(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), `${to}/${entry.name}`];
    if (entry.isDirectory()) await copyIn(vm, source, target);
    else
      await vm.fs.writeFile(target, readFileSync(source), { mode: statSync(source).mode & 0o777 });
  }
}

interface Output {
  readonly stdout: Uint8Array[];
  readonly stderr: Uint8Array[];
  size: number;
}

/** Resolves when the shell has ended and everybody let go of its streams, as a pipe's reader sees. */
async function start(vm: Vm, test: Case, output: Output): Promise<number> {
  for (const name of ["", ...test.directories]) await vm.fs.mkdir(`${PLACE.directory}/${name}`);
  for (const [name, path] of Object.entries(test.files)) {
    const file = `${PLACE.directory}/${name}`;
    await vm.fs.writeFile(file, readFileSync(path), { mode: 0o755 });
  }
  const shell = await vm.spawn(test.argv, {
    cwd: PLACE.directory,
    env: { ...NOTHING, ...environmentOf(PLACE) },
    stdin: test.stdin === undefined ? "ignore" : "pipe",
    stderr: test.merged ? "stdout" : "pipe",
  });
  const feeding = feed(shell.stdin, test.stdin);
  await Promise.all([
    gather(shell.stdout, output.stdout, output),
    gather(shell.stderr, output.stderr, output),
  ]);
  const { exitCode, signal } = await shell.exit;
  await feeding;
  return signal === undefined ? exitCode : -constants.signals[signal as NodeJS.Signals];
}

/** What the machine gives every command, and the suites' own runners do not. */
const NOTHING = Object.fromEntries(
  ["HOME", "USER", "LOGNAME", "SHELL", "LANG", "TERM", "PWD", "HOSTNAME", "TZ"].map((name) => [
    name,
    undefined,
  ]),
);

async function feed(
  stream: WritableStream<string | Uint8Array>,
  text: string | undefined,
): Promise<void> {
  if (text === undefined) return;
  const writer = stream.getWriter();
  try {
    await writer.write(Buffer.from(text, "latin1"));
    await writer.close();
  } catch {
    // A shell that ends early leaves input unread.
  }
}

async function gather(
  stream: ReadableStream<Uint8Array>,
  into: Uint8Array[],
  output: Output,
): Promise<void> {
  for await (const chunk of stream) {
    into.push(chunk);
    output.size += chunk.length;
    if (output.size > OUTPUT_MAX) throw new Error("endless output");
  }
}
