/**
 * What the small in-kernel programs have in common: arguments in, text out, and errors told on
 * standard error as their GNU namesakes tell them.
 */
import {
  AT_FDCWD,
  decodeUtf8,
  Errno,
  encodeUtf8,
  KernelError,
  type Main,
  type Sys,
  strerror,
} from "../../kernel/index.ts";

/** Ends a program with a word on standard error. */
export class Failure {
  readonly text: string;
  readonly status: number;

  constructor(text: string, status = 1) {
    this.text = text;
    this.status = status;
  }
}

/** A program of this name; `run` gets the arguments behind it. */
export function program(
  name: string,
  run: (sys: Sys, args: readonly string[]) => Promise<number>,
): Main {
  return async (sys) => {
    try {
      return await run(sys, sys.argv.slice(1));
    } catch (reason) {
      if (reason instanceof Failure) return await complain(sys, name, reason);
      if (!(reason instanceof KernelError)) throw reason;
      return await complain(sys, name, new Failure(strerror(reason.errno)));
    }
  };
}

/** A program that is loaded when it first runs. Where that fails it ends, and its next run tries again. */
export function lazyProgram(name: string, load: () => Promise<Main>): Main {
  let loaded: Main | undefined;
  return async (sys) => {
    try {
      loaded ??= await load();
    } catch {
      // Where the host keeps its files is nothing to tell a guest.
      return await complain(sys, name, new Failure("cannot be loaded", NOT_EXECUTABLE));
    }
    return loaded(sys);
  };
}

/** What a system call failed with, about `what`: `NAME: /x: No such file or directory`. */
export function failing(what: string, reason: unknown, status = 1): unknown {
  if (!(reason instanceof KernelError)) return reason;
  return new Failure(`${what}: ${strerror(reason.errno)}`, status);
}

export async function isTerminal(sys: Sys, fd: number): Promise<boolean> {
  try {
    await sys.tcgets(fd);
    return true;
  } catch (reason) {
    if (reason instanceof KernelError) return false;
    throw reason;
  }
}

/** Writes all of `text`. */
export async function print(sys: Sys, text: string, fd = 1): Promise<void> {
  const bytes = encodeUtf8(text);
  for (let done = 0; done < bytes.length; ) done += await sys.write(fd, bytes.subarray(done));
}

/** The whole of a small file. */
export async function readText(sys: Sys, path: string): Promise<string> {
  const fd = await sys.openat(AT_FDCWD, path, 0, 0);
  try {
    let text = "";
    const buffer = new Uint8Array(4096);
    for (;;) {
      const count = await sys.read(fd, buffer);
      if (count === 0) return text;
      text += decodeUtf8(buffer, 0, count);
    }
  } finally {
    await sys.close(fd);
  }
}

/** The initial environment's value of `name`. */
export function variable(sys: Sys, name: string): string | undefined {
  const entry = sys.envp.find((text) => text.startsWith(`${name}=`));
  return entry?.slice(name.length + 1);
}

/** Becomes another program, found in PATH. Returns only to fail, as a shell would: 126 or 127. */
export async function become(sys: Sys, argv: readonly string[]): Promise<never> {
  const name = argv[0] ?? "";
  const folders = name.includes("/") ? [""] : (variable(sys, "PATH") ?? DEFAULT_PATH).split(":");
  let failure = new KernelError(Errno.ENOENT);
  for (const folder of folders) {
    try {
      await sys.execve(name.includes("/") ? name : `${folder || "."}/${name}`, argv, sys.envp);
    } catch (reason) {
      if (!(reason instanceof KernelError)) throw reason;
      if (reason.errno !== Errno.ENOENT && reason.errno !== Errno.ENOTDIR) failure = reason;
    }
  }
  throw failing(
    `failed to execute ${name}`,
    failure,
    failure.errno === Errno.ENOENT ? NOT_FOUND : NOT_EXECUTABLE,
  );
}

const DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";
const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;

async function complain(sys: Sys, name: string, { text, status }: Failure): Promise<number> {
  await print(sys, `${name}: ${text}\n`, 2);
  return status;
}
