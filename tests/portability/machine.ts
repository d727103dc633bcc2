/**
 * The portable machine: kernel, shell and the host's side of running commands, on nothing but what
 * every JavaScript host has. bundle.ts makes one module of it.
 */
import { O_CREAT, O_WRONLY } from "../../kernel/fd/flags.ts";
import { decodeUtf8, encodeUtf8, type Host, Kernel } from "../../kernel/index.ts";
import { AT_FDCWD } from "../../kernel/vfs/constants.ts";
import { MemoryFileSystem } from "../../kernel/vfs/memory/file-system.ts";
import { bash } from "../../runtimes/shell/main.ts";
import { Commands } from "../../src/machine/commands.ts";
import { Runner } from "../../src/machine/run.ts";
import { Guard } from "../../src/permissions/guard.ts";
import { SessionMemory } from "../../src/permissions/questions.ts";
import type { LineResult } from "./hosts/host.ts";

const FOLDERS = ["/usr", "/usr/bin", "/tmp", "/dev", "/proc"];
const ROOM = 1 << 20;

/** Runs shell lines on one machine, in order, each in a shell of its own. */
export async function runLines(lines: readonly string[]): Promise<LineResult[]> {
  const programs = new Map([["bash", bash]]);
  const guard = new Guard({
    sets: [],
    embedder: undefined,
    memory: new SessionMemory(),
    now: Date.now,
  });
  const root = new MemoryFileSystem();
  const kernel = new Kernel({ host: webHost, root, programs, policy: guard.policy });
  await furnish(kernel);
  const commands = new Commands(kernel, { user: "1000", env: {}, cwd: "/" });
  const runner = new Runner(kernel, commands, guard, {});
  const results: LineResult[] = [];
  try {
    for (const line of lines) results.push(await runLine(runner, line));
  } finally {
    kernel.shutdown();
  }
  return results;
}

async function furnish(kernel: Kernel): Promise<void> {
  const { init } = kernel;
  for (const path of FOLDERS) await init.mkdirat(AT_FDCWD, path, 0o755);
  await init.fchmodat(AT_FDCWD, "/tmp", 0o1777, 0);
  await init.mount("devtmpfs", "/dev", "devtmpfs", 0, "");
  await init.mount("proc", "/proc", "proc", 0, "");
  const file = await init.openat(AT_FDCWD, "/usr/bin/bash", O_WRONLY | O_CREAT, 0o755);
  await init.write(file, encodeUtf8("#!isopod:bash\n"));
  await init.close(file);
}

async function runLine(runner: Runner, line: string): Promise<LineResult> {
  const result = await runner.run({
    argv: ["bash", "-c", line],
    argv0: undefined,
    env: {},
    cwd: "/",
    user: undefined,
    token: 0,
    stdin: undefined,
    timeout: 60_000,
    maxBuffer: ROOM,
  });
  const [stdout, stderr] = [decodeUtf8(result.stdout), decodeUtf8(result.stderr)];
  if (result.code === undefined) throw new Error(`${line}: ended by ${result.signal}\n${stderr}`);
  return { stdout, stderr, status: result.code };
}

const EPOCH = BigInt(Math.round(performance.timeOrigin * 1e6));
const nanoseconds = () => BigInt(Math.round(performance.now() * 1e6));

const webHost: Host = {
  clock: { realtime: () => EPOCH + nanoseconds(), monotonic: nanoseconds },
  random(target) {
    crypto.getRandomValues(target as Uint8Array<ArrayBuffer>);
  },
  scheduler: {
    setTimer(callback, milliseconds) {
      const timer = setTimeout(callback, milliseconds);
      return { cancel: () => clearTimeout(timer) };
    },
    yield: () => new Promise((resolve) => setTimeout(resolve, 0)),
  },
};
