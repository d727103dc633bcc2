/** File operations that a store is made of: those that must survive a power cut, and those where absence is an answer. */
import { type FileHandle, open, readdir, readFile, rm } from "node:fs/promises";

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

/** Makes a new file that the disk has when this resolves; nothing is left of it after a failure. */
export async function writeNew(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/** Has the system write to the disk what it holds of a folder. */
export async function syncFolder(path: string): Promise<void> {
  // Windows opens no folders, and writes their entries by itself.
  if (process.platform === "win32") return;
  const folder: FileHandle = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
