/**
 * Exclusive rights among processes, by files, since Node has no file locks: `KEY.N` names its holder.
 * The highest N counts. Whoever finds it empty (released) or its holder dead makes N+1, which only one
 * can; lower ones are then removed. The highest is never removed but by its successor, so a late comer
 * who makes a number that was removed finds a higher one and steps back.
 *
 * Among the threads of this process navigator.locks decides first; it lets go when a thread ends.
 */
import { randomUUID } from "node:crypto";
import {
  link,
  readdir,
  readFile,
  stat,
  truncate,
  unlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import {
  isAlive,
  type ProcessIdentity,
  parseIdentity,
  sameProcess,
  thisProcess,
} from "./process-identity.ts";

/** A holder on another host shows that it lives by touching its lock. */
const HEARTBEAT_MS = 15_000;
const SILENCE_MS = 60_000;

const RETRY_MS = 5;
/** No lock's key begins so. */
const DRAFT = "draft.";

export interface FileLock {
  release(): Promise<void>;
}

/** Takes the lock `key` of `folder`, or tells who has it, in words for people. */
export async function tryLock(folder: string, key: string): Promise<FileLock | string> {
  const thread = await tryThreadLock(join(folder, key));
  if (!thread) return `another machine of this process (${process.pid})`;
  try {
    const taken = await tryFile(folder, key);
    if (typeof taken !== "string") {
      thread();
      return describe(taken);
    }
    const heart = setInterval(
      () => utimes(taken, new Date(), new Date()).catch(() => {}),
      HEARTBEAT_MS,
    );
    heart.unref();
    return {
      async release() {
        clearInterval(heart);
        await truncate(taken).catch(() => {});
        thread();
      },
    };
  } catch (error) {
    thread();
    throw error;
  }
}

/** Does `act` while nobody else, in no process, does anything under `key`. For moments. */
export function exclusively<T>(folder: string, key: string, act: () => Promise<T>): Promise<T> {
  return navigator.locks.request(`isopod:${join(folder, key)}`, async () => {
    let taken = await tryFile(folder, key);
    while (typeof taken !== "string") {
      await wait(RETRY_MS * (1 + Math.random()));
      taken = await tryFile(folder, key);
    }
    try {
      return await act();
    } finally {
      await truncate(taken).catch(() => {});
    }
  });
}

/** Undefined where another thread has it; else what lets go of it. */
function tryThreadLock(name: string): Promise<(() => void) | undefined> {
  return new Promise((settle, fail) => {
    const hold = (lock: unknown) => {
      if (!lock) return settle(undefined);
      return new Promise<void>((release) => settle(() => release()));
    };
    navigator.locks.request(`isopod:${name}`, { ifAvailable: true }, hold).catch(fail);
  });
}

/** Removes what processes left that were killed while they made a lock. */
export async function removeOldDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(DRAFT)) continue;
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found && found.mtimeMs < Date.now() - SILENCE_MS) await unlink(path).catch(() => {});
  }
}

/** The path of the file that is ours now, or its holder. */
async function tryFile(folder: string, key: string): Promise<string | ProcessIdentity> {
  for (;;) {
    const [newest = 0] = await numbers(folder, key);
    const holder = newest === 0 ? undefined : await holderOf(join(folder, `${key}.${newest}`));
    if (holder === "gone") continue;
    if (holder) return holder;
    const path = join(folder, `${key}.${newest + 1}`);
    if (!(await create(folder, path))) continue;
    const [highest, ...lower] = await numbers(folder, key);
    if (highest !== newest + 1) {
      await unlink(path).catch(() => {});
      continue;
    }
    await Promise.all(lower.map((n) => unlink(join(folder, `${key}.${n}`)).catch(() => {})));
    return path;
  }
}

/** Of the files of `key`, highest first. */
async function numbers(folder: string, key: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir(folder)) {
    const dot = name.lastIndexOf(".");
    if (name.slice(0, dot) === key) found.push(Number(name.slice(dot + 1)));
  }
  return found.sort((a, b) => b - a);
}

/** Who lives and holds the lock; undefined: nobody. Its own process: a thread that is gone. */
async function holderOf(path: string): Promise<ProcessIdentity | undefined | "gone"> {
  try {
    const who = parseIdentity(await readFile(path, "utf8"));
    if (!who || sameProcess(who, thisProcess())) return undefined;
    const alive = isAlive(who) ?? (await stat(path)).mtimeMs > Date.now() - SILENCE_MS;
    return alive ? who : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "gone";
    throw error;
  }
}

/** Appears whole or not at all; false where the name is taken. */
async function create(folder: string, path: string): Promise<boolean> {
  const draft = join(folder, `${DRAFT}${randomUUID()}`);
  await writeFile(draft, JSON.stringify(thisProcess()));
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await unlink(draft);
  }
}

function describe({ pid, host }: ProcessIdentity): string {
  return host === thisProcess().host ? `process ${pid}` : `process ${pid} on ${host}`;
}
