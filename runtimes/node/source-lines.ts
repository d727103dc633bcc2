/** Single lines of sources, for what is shown of an uncaught error. */
import { AT_FDCWD, KernelError, O_CLOEXEC, O_RDONLY } from "../../kernel/abi.ts";
import type { Environment } from "./environment.ts";

const CHUNK = 65_536;
/** Bytes of a file in which a line is looked for. */
const MOST = 8 << 20;
/** Sources that come from no file: `--eval`, the REPL, vm. */
const REMEMBERED = 32;
const remembered = new Map<string, string>();

/** Keeps a source that no file has. */
export function rememberSource(name: string, source: string): void {
  if (name === "" || name.startsWith("/") || /^(?:file|node):/.test(name)) return;
  remembered.delete(name);
  remembered.set(name, source);
  if (remembered.size > REMEMBERED) remembered.delete([...remembered.keys()][0] as string);
}

/** Line `number`, from 1, of what `name` stands for in stack traces. */
export function sourceLine(env: Environment, name: string, number: number): string | undefined {
  return sourceOf(env, name)?.split(/\r\n|[\n\r\u2028\u2029]/)[number - 1];
}

function sourceOf(env: Environment, name: string): string | undefined {
  if (name.startsWith("node:")) {
    const id = name.slice("node:".length);
    return env.library.ids.includes(id) ? env.library.source(id) : undefined;
  }
  if (name.startsWith("file://")) return readText(env, decodeURIComponent(name.slice(7)));
  return name.startsWith("/") ? readText(env, name) : remembered.get(name);
}

function readText(env: Environment, path: string): string | undefined {
  const { sys } = env;
  try {
    const fd = sys.openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    try {
      const bytes = new Uint8Array(MOST);
      let length = 0;
      for (;;) {
        const count = sys.read(fd, bytes.subarray(length, length + CHUNK));
        if (count === 0 || length + count >= MOST) break;
        length += count;
      }
      return decode(env, bytes.subarray(0, length));
    } finally {
      sys.close(fd);
    }
  } catch (reason) {
    if (reason instanceof KernelError) return undefined;
    throw reason;
  }
}

function decode(env: Environment, bytes: Uint8Array): string {
  const { Buffer } = env.requireBuiltin<{
    Buffer: { from(data: ArrayBufferLike, at: number, length: number): { toString(): string } };
  }>("buffer");
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
}
