/** Script files: those that execve(2) refuses, and those named on the command line or by `source`. */
import { AT_FDCWD, decodeUtf8, KernelError, O_CLOEXEC, O_RDONLY } from "../../../kernel/abi.ts";
import { exportedEnvironment } from "../environment.ts";
import { runShell } from "../main.ts";
import type { Shell } from "../state.ts";
import type { Task } from "../task.ts";

const NOT_EXECUTABLE = 126;
/** A larger script is refused: it is read into memory whole. */
const MAX_SIZE = 256 * 1024 * 1024;
const CHUNK = 262_144;

/** Runs a file without `#!` as a new shell in this process. */
export function* runScriptFile(
  shell: Shell,
  path: string,
  fields: readonly string[],
): Task<number> {
  let text: string;
  try {
    text = yield readScript(shell, path);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    text = "\0";
  }
  if (isBinary(text)) {
    shell.warn(`${path}: cannot execute binary file: Exec format error`);
    return NOT_EXECUTABLE;
  }
  const interpreter = shell.options.posix ? "sh" : "bash";
  return yield runShell(
    shell.sys,
    [interpreter, path, ...fields.slice(1)],
    exportedEnvironment(shell),
  );
}

/** A NUL in the first line. */
export function isBinary(text: string): boolean {
  const end = text.indexOf("\n");
  const nul = text.indexOf("\0");
  return nul >= 0 && (end < 0 || nul < end);
}

/** The whole content of a script. Throws KernelError. */
export async function readScript({ sys }: Shell, path: string): Promise<string> {
  const fd = await sys.openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  try {
    const chunks: Uint8Array[] = [];
    for (let total = 0; total < MAX_SIZE; ) {
      const buffer = new Uint8Array(CHUNK);
      const length = await sys.read(fd, buffer);
      if (length === 0) break;
      chunks.push(buffer.subarray(0, length));
      total += length;
    }
    return decodeChunks(chunks);
  } finally {
    await sys.close(fd);
  }
}

function decodeChunks(chunks: readonly Uint8Array[]): string {
  if (chunks.length === 1) return decodeUtf8(chunks[0] as Uint8Array);
  const bytes = new Uint8Array(chunks.reduce((total, chunk) => total + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return decodeUtf8(bytes);
}
