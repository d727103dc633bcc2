/** A machine for tests: a kernel on this Node process, with an empty memory file system. */
import { webcrypto } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import {
  encodeUtf8,
  type Host,
  Kernel,
  KernelError,
  type KernelOptions,
  type Main,
  type Sys,
} from "../../kernel/index.ts";
import { MemoryFileSystem } from "../../kernel/vfs/memory/file-system.ts";

/** Lends a kernel this process's clock, randomness and event loop. */
export const nodeHost: Host = {
  clock: {
    realtime: () => BigInt(Date.now()) * 1_000_000n,
    monotonic: () => process.hrtime.bigint(),
  },
  random(target) {
    webcrypto.getRandomValues(target as Uint8Array<ArrayBuffer>);
  },
  scheduler: {
    setTimer(callback, milliseconds) {
      const timer = setTimeout(callback, milliseconds).unref();
      return { cancel: () => clearTimeout(timer) };
    },
    yield: () => turn(),
  },
};

/** Each program stands as /bin/NAME. `options` add to or override what a test needs. */
export function bootKernel(
  programs: Readonly<Record<string, Main>> = {},
  options: Partial<KernelOptions> = {},
): Kernel {
  const kernel = new Kernel({
    host: nodeHost,
    root: new MemoryFileSystem(),
    programs: new Map(Object.entries(programs)),
    ...options,
  });
  const { init } = kernel;
  for (const directory of ["/bin", "/tmp"]) now(init.mkdirat(AT_FDCWD, directory, 0o777));
  for (const name of Object.keys(programs)) {
    writeExecutable(kernel, `/bin/${name}`, `#!isopod:${name}\n`);
  }
  return kernel;
}

/** Creates or replaces an executable file. */
export function writeExecutable(kernel: Kernel, path: string, text: string, mode = 0o755): void {
  const { init } = kernel;
  const fd = now(init.openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode));
  now(init.write(fd, encodeUtf8(text)));
  now(init.close(fd));
}

/** Runs `main` as a child of pid 1 and returns its raw wait status. */
export async function run(kernel: Kernel, main: Main): Promise<number> {
  const pid = kernel.init.fork(main);
  return (await kernel.init.wait4(pid, 0)).status;
}

/** Runs `main` as a process, and returns what it noted; what it throws is the test's. */
export async function recorded(
  kernel: Kernel,
  main: (sys: Sys, note: (...values: unknown[]) => void) => unknown,
): Promise<unknown[]> {
  const notes: unknown[] = [];
  let failure: unknown;
  const status = await run(kernel, async (sys) => {
    try {
      await main(sys, (...values) => notes.push(...values));
    } catch (reason) {
      failure = reason;
      throw reason;
    }
    return 0;
  });
  if (failure !== undefined) throw failure;
  if (status !== 0) throw new Error(`the process ended with status ${status}`);
  return notes;
}

/** Lets programs run until all of them wait for something that only time or the test can bring. */
export async function turns(count = 5): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}

/** Of a spawn that changes nothing for its child. */
export const NO_ATTRIBUTES = {
  cwd: undefined,
  pgroup: undefined,
  setsid: false,
  sigdefault: undefined,
  sigmask: undefined,
  credentials: undefined,
};

/** The name of the error that `act` ends with; "OK" where it succeeds. */
export async function codeOf(act: () => unknown): Promise<string> {
  try {
    await act();
    return "OK";
  } catch (reason) {
    if (reason instanceof KernelError) return reason.code;
    throw reason;
  }
}

/** The result of a call that does not wait. */
export function now<T>(result: T | Promise<T>): T {
  if (result instanceof Promise) throw new Error("the call had to wait");
  return result;
}

const AT_FDCWD = -100;
const O_WRONLY = 1;
const O_CREAT = 0o100;
const O_TRUNC = 0o1000;
