/** File operations that a store is made of: those that must survive a power cut, and those where absence is an answer. */
import { closeSync, fsync, openSync, rmSync, writeSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";

const syncDescriptor = promisify(fsync);
/** For how long files are made and moved before the event loop gets a turn. */
const TURN_MS = 4;

/** What `act` gives, or undefined where there is no such file. */
export async function ifPresent<T>(act: Promise<T>): Promise<T | undefined> {
  try {
    return await act;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw error;
  }
}

export async function readIfPresent(path: string): Promise<Uint8Array | undefined> {
  const bytes = await ifPresent(readFile(path));
  return bytes && new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Names in `folder`; none where there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  return (await ifPresent(readdir(folder))) ?? [];
}

/** Makes a new file and leaves it open; nothing is left of it after a failure. */
export function writeNewOpen(path: string, bytes: Uint8Array): number {
  const descriptor = openSync(path, "wx");
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    rmSync(path, { force: true });
    throw error;
  }
}

/** Makes a new file that the disk has when this resolves. */
export async function writeNew(path: string, bytes: Uint8Array): Promise<void> {
  const descriptor = writeNewOpen(path, bytes);
  try {
    await syncDescriptor(descriptor);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** Has the system write to the disk what it holds of a file or folder. */
export async function syncPath(path: string): Promise<void> {
  // Windows opens no folders, and writes their entries by itself.
  if (process.platform === "win32") return;
  const descriptor = openSync(path, "r");
  try {
    await syncDescriptor(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

export async function syncOpen(descriptor: number): Promise<void> {
  await syncDescriptor(descriptor);
}

/**
 * Waits where the caller has kept the event loop for a while. Small files are made and moved faster at
 * once than through the thread pool, but not by the thousand without a pause.
 */
export class Turns {
  #began = performance.now();

  async pass(): Promise<void> {
    if (performance.now() - this.#began < TURN_MS) return;
    await new Promise((resume) => setImmediate(resume));
    this.#began = performance.now();
  }
}
