/** A lock among processes, for changes that take a moment: a file that only one of them can make. */
import { randomBytes } from "node:crypto";
import { link, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
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
    const stale = await staleText(path);
    if (stale !== undefined) await takeAway(path, stale);
    else if (Date.now() > deadline) {
      const holder = await readFile(path, "utf8").catch(() => "another");
      throw imageError(path, `process ${holder} has held it for ${PATIENCE_MS / 1000} s`);
    }
  }
}

/** What a lock says whose holder is gone; undefined where it is held, or away. */
async function staleText(path: string): Promise<string | undefined> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, "utf8"), stat(path)]);
    const isStale = Date.now() - mtimeMs > STALE_MS || (text !== "" && !isAlive(Number(text)));
    return isStale ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Of several that find a stale lock one takes it away; a new one that came meanwhile is put back. */
async function takeAway(path: string, stale: string): Promise<void> {
  const aside = `${path}.${process.pid}-${randomBytes(4).toString("hex")}`;
  try {
    await rename(path, aside);
    if ((await readFile(aside, "utf8")) !== stale) await link(aside, path);
  } catch {
    // Another was quicker.
  } finally {
    await rm(aside, { force: true });
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
