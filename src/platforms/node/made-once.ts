/**
 * What takes long to make and is the same each time, kept in the cache folder. Each file begins with the
 * digest of the rest, so that one that is damaged is made again; a folder that cannot be written to costs
 * time and nothing else.
 */
import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "../../images/node/folders.ts";

/** Files of a kind that are kept; each version of ours and of V8 has its own. */
const KEPT = 12;
const DIGEST_BYTES = 32;
/** Bytes that are in memory at a time while a file's digest is made. */
const STEP = 1 << 16;
let parts = 0;

/** The file `name` of the cache's `folder`, in memory by `allocate`; `make` makes it where there is none. */
export async function madeOnce<T extends ArrayBufferLike>(
  folder: string,
  name: string,
  allocate: (bytes: number) => T,
  make: () => Promise<Uint8Array>,
): Promise<T> {
  const path = join(cacheFolder(), folder);
  const file = join(path, name);
  const found = await read(file, allocate).catch(() => undefined);
  if (found) return found;
  const made = await make();
  // Where it cannot be kept, the next process makes it again.
  await keep(path, file, made).catch(() => {});
  const memory = allocate(made.length);
  new Uint8Array(memory).set(made);
  return memory;
}

/** What was made, which stays where it is: in a file that is open from now on, where one can be kept. */
export interface Kept {
  /** Fills `target` with what lies at `position`; too much is an error. */
  read(target: Uint8Array, position: number): void;
}

/** As madeOnce, for what is rarely needed whole. */
export async function keptOnce(
  folder: string,
  name: string,
  make: () => Promise<Uint8Array>,
): Promise<Kept> {
  const path = join(cacheFolder(), folder);
  const file = join(path, name);
  const found = openKept(file);
  if (found) {
    await touch(file);
    return found;
  }
  const made = await make();
  await keep(path, file, made).catch(() => {});
  const inMemory: Kept = {
    read(target, position) {
      const part = made.subarray(position, position + target.length);
      if (part.length < target.length) throw new Error(`${name} ends too soon`);
      target.set(part);
    },
  };
  return openKept(file) ?? inMemory;
}

/** Undefined where there is none, or a damaged one. */
function openKept(file: string): Kept | undefined {
  let fd: number;
  try {
    fd = openSync(file, "r");
  } catch {
    return undefined;
  }
  const read = (target: Uint8Array, position: number): void => {
    for (let done = 0; done < target.length; ) {
      const count = readSync(fd, target, done, target.length - done, position + done);
      if (count === 0) throw new Error(`${file} ends too soon`);
      done += count;
    }
  };
  try {
    const { size } = fstatSync(fd);
    const expected = new Uint8Array(DIGEST_BYTES);
    read(expected, 0);
    const hash = createHash("sha256");
    const step = new Uint8Array(STEP);
    for (let at = DIGEST_BYTES; at < size; at += STEP) {
      const part = step.subarray(0, size - at);
      read(part, at);
      hash.update(part);
    }
    if (hash.digest().equals(expected)) {
      return { read: (target, position) => read(target, DIGEST_BYTES + position) };
    }
  } catch {
    // It ends too soon, or cannot be read.
  }
  closeSync(fd);
  return undefined;
}

/** Its content, read to where it stays: these are large. Undefined where it is damaged. */
async function read<T extends ArrayBufferLike>(
  file: string,
  allocate: (bytes: number) => T,
): Promise<T | undefined> {
  await using handle = await open(file);
  const { size } = await handle.stat();
  const expected = new Uint8Array(DIGEST_BYTES);
  await handle.read(expected, 0, DIGEST_BYTES, 0);
  const memory = allocate(size - DIGEST_BYTES);
  const content = new Uint8Array(memory);
  let done = 0;
  while (done < content.length) {
    const { bytesRead } = await handle.read(
      content,
      done,
      content.length - done,
      DIGEST_BYTES + done,
    );
    if (bytesRead === 0) return undefined;
    done += bytesRead;
  }
  if (!digest(content).equals(expected)) return undefined;
  await touch(file);
  return memory;
}

/** Its time says when it was last used. */
async function touch(file: string): Promise<void> {
  const now = new Date();
  await utimes(file, now, now).catch(() => {});
}

/** By a rename, so that several processes may do it at once. */
async function keep(folder: string, file: string, content: Uint8Array): Promise<void> {
  await mkdir(folder, { recursive: true });
  const part = `${file}.${process.pid}.${parts++}`;
  try {
    await writeFile(part, [digest(content), content]);
    await rename(part, file);
  } finally {
    await rm(part, { force: true });
  }
  await removeOld(folder);
}

/** Those that were used longest ago go. */
async function removeOld(folder: string): Promise<void> {
  const files = (await readdir(folder)).map((name) => join(folder, name));
  const used = await Promise.all(
    files.map(async (file) => ({ file, at: (await stat(file)).mtimeMs })),
  );
  const old = used.sort((a, b) => b.at - a.at).slice(KEPT);
  await Promise.all(old.map(({ file }) => rm(file, { force: true })));
}

function digest(content: Uint8Array): Buffer {
  return createHash("sha256").update(content).digest();
}
