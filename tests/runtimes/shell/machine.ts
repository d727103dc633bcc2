/** A machine for tests of the shell: bash and a few small programs inside the kernel, no wasm. */
import { decodeUtf8, encodeUtf8, type Kernel, type Sys } from "../../../kernel/index.ts";
import { bash } from "../../../runtimes/shell/main.ts";
import { bootKernel, NO_ATTRIBUTES, now } from "../../kernel/boot.ts";
import { programs } from "./programs.ts";

const AT_FDCWD = -100;
const O_CLOEXEC = 0o2000000;
const O_WRITE_NEW = 0o1101;
const DUP2 = 2;

export const DIRECTORY = "/tmp/work";

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  /** As `$?` would have it. */
  readonly status: number;
}

export interface RunOptions {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Both outputs go the same way, into stdout. */
  readonly merge?: boolean;
  /** Given the shell's process id, which is that of its own group, once it runs. */
  readonly onStart?: (pid: number) => void;
}

export function bootShell(): Kernel {
  const kernel = bootKernel({ bash, sh: bash, ...programs });
  const { init } = kernel;
  for (const path of ["/dev", "/etc", "/home", "/home/user", "/proc", DIRECTORY])
    now(init.mkdirat(AT_FDCWD, path, 0o777));
  now(init.mount("devtmpfs", "/dev", "devtmpfs", 0, ""));
  now(init.mount("proc", "/proc", "proc", 0, ""));
  writeFile(kernel, "/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n");
  return kernel;
}

export function writeFile({ init }: Kernel, path: string, text: string, mode = 0o644): void {
  const fd = now(init.openat(AT_FDCWD, path, O_WRITE_NEW, mode));
  now(init.write(fd, encodeUtf8(text)));
  now(init.close(fd));
}

/** Runs `argv` in the directory and waits until its output is closed and it has ended. */
export async function runProgram(
  { init }: Kernel,
  argv: readonly string[],
  { stdin = "", env = {}, merge = false, onStart }: RunOptions = {},
): Promise<Outcome> {
  const [input, feed] = now(init.pipe2(O_CLOEXEC)) as [number, number];
  const [output, stdoutEnd] = now(init.pipe2(O_CLOEXEC)) as [number, number];
  const [errors, stderrEnd] = now(init.pipe2(O_CLOEXEC)) as [number, number];
  const ends = [input, stdoutEnd, merge ? stdoutEnd : stderrEnd];
  const environment = { PATH: "/bin", HOME: "/home/user", LANG: "C.UTF-8", ...env };
  const pid = await init.spawn(
    argv[0] as string,
    argv,
    Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    ends.map((source, fd) => ({ op: DUP2, fd, source, flags: 0, mode: 0, path: "" })),
    { ...NO_ATTRIBUTES, cwd: DIRECTORY, pgroup: onStart ? 0 : undefined },
  );
  for (const fd of [input, stdoutEnd, stderrEnd]) now(init.close(fd));
  onStart?.(pid);
  const [stdout, stderr] = await Promise.all([
    drain(init, output),
    drain(init, errors),
    pour(init, feed, stdin),
  ]);
  const { status } = await init.wait4(pid, 0);
  return { stdout, stderr, status: (status & 0x7f) === 0 ? status >> 8 : 128 + (status & 0x7f) };
}

/** `bash -c` */
export function runBash(command: string, options: RunOptions = {}): Promise<Outcome> {
  return runProgram(bootShell(), ["/bin/bash", "-c", command], options);
}

async function drain(init: Sys, fd: number): Promise<string> {
  const chunks: number[] = [];
  const buffer = new Uint8Array(65_536);
  for (;;) {
    const length = await init.read(fd, buffer);
    if (length === 0) break;
    for (let at = 0; at < length; at++) chunks.push(buffer[at] as number);
  }
  await init.close(fd);
  return decodeUtf8(Uint8Array.from(chunks));
}

async function pour(init: Sys, fd: number, text: string): Promise<void> {
  let bytes = encodeUtf8(text);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(await init.write(fd, bytes));
  } catch {
    // The program did not read all of it.
  }
  await init.close(fd);
}
