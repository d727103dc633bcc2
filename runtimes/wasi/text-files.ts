/** Small text files of the machine, such as /etc/passwd, read through system calls. */
import {
  AT_FDCWD,
  type BlockingSyscalls,
  decodeUtf8,
  KernelError,
  O_CLOEXEC,
  O_RDONLY,
} from "../../kernel/abi.ts";

/** Bytes of a file that are looked at; no user database is larger. */
const FILE_MAX = 1 << 20;

/** The content of `path`; empty where it cannot be read. */
export function readTextFile(sys: BlockingSyscalls, path: string): string {
  const chunks: Uint8Array[] = [];
  let total = 0;
  try {
    const fd = sys.openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    try {
      for (const buffer = new Uint8Array(4096); total < FILE_MAX; ) {
        const count = sys.read(fd, buffer);
        if (count === 0) break;
        chunks.push(buffer.slice(0, count));
        total += count;
      }
    } finally {
      sys.close(fd);
    }
  } catch (reason) {
    if (!(reason instanceof KernelError)) throw reason;
  }
  return decodeUtf8(concatenate(chunks, total));
}

function concatenate(chunks: readonly Uint8Array[], total: number): Uint8Array {
  const all = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
