/** A lock among processes, for changes that take a moment: a file that only one of them can make. */
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { imageError } from "../oci/digest.ts";

const PAUSE_MS = 20;
const PATIENCE_MS = 15_000;
/** A holder on another host, whose process cannot be asked for, is believed to live this long. */
const STALE_MS = 60_000;

export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  await take(path);
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function take(path: string): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; ; await setTimeout(PAUSE_MS)) {
    try {
      await writeFile(path, String(process.pid), { flag: "wx" });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if (await isStale(path)) await rm(path, { force: true });
    else if (Date.now() > deadline) {
      const holder = await readFile(path, "utf8").catch(() => "another");
      throw imageError(path, `process ${holder} has held it for ${PATIENCE_MS / 1000} s`);
    }
  }
}

async function isStale(path: string): Promise<boolean> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, "utf8"), stat(path)]);
    if (Date.now() - mtimeMs > STALE_MS) return true;
    return text !== "" && !isAlive(Number(text));
  } catch {
    // It went away meanwhile.
    return false;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
