/** Whole files and whole writes, by system calls. */
import { AT_FDCWD, O_CLOEXEC, O_RDONLY, type Sys } from "../../../kernel/index.ts";

const CHUNK = 65_536;

export async function readFile(sys: Sys, path: string): Promise<Uint8Array> {
  const fd = await sys.openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  try {
    return await readAll(sys, fd);
  } finally {
    await sys.close(fd);
  }
}

export async function readAll(sys: Sys, fd: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (const buffer = new Uint8Array(CHUNK); ; ) {
    const count = await sys.read(fd, buffer);
    if (count === 0) break;
    chunks.push(buffer.slice(0, count));
    total += count;
  }
  const all = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** Writes all of `bytes`; their number. */
export function writeAll(sys: Sys, fd: number, bytes: Uint8Array): number | Promise<number> {
  const count = sys.write(fd, bytes);
  return count === bytes.length ? count : writeRest(sys, fd, bytes, count);
}

async function writeRest(
  sys: Sys,
  fd: number,
  bytes: Uint8Array,
  first: number | Promise<number>,
): Promise<number> {
  for (let at = await first; at < bytes.length; ) at += await sys.write(fd, bytes.subarray(at));
  return bytes.length;
}
