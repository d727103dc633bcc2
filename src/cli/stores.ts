/** `isopod fsck` and `isopod gc`: upkeep of a directory that machines are kept in. */
import { KernelError, strerror } from "../../kernel/errno.ts";
import type { ChunkStore } from "../../kernel/state/chunk-store.ts";
import { references } from "../../kernel/state/references.ts";
import { IsopodError } from "../errors.ts";
import { openDirectoryStore } from "../stores/directory.ts";
import { fsck as check, type DamagedChunk } from "../stores/fsck.ts";
import { type Amount, collectGarbage } from "../stores/garbage.ts";
import { formatBytes } from "./format-bytes.ts";
import { Progress } from "./progress.ts";
import { paintFor } from "./style.ts";

export interface FsckArguments {
  readonly folder: string;
  readonly repair: boolean;
}

export interface GcArguments {
  readonly folder: string;
  readonly now: boolean;
}

/** What of a hash people tell chunks by. */
const SHORT_HASH = 12;
const DAMAGED_STATUS = 1;

/** Status 1 where anything is damaged. */
export function fsck({ folder, repair }: FsckArguments): Promise<number> {
  return withStore(folder, async (store) => {
    const progress = new Progress();
    const onProgress = (bytes: number) => {
      if (process.stderr.isTTY) progress.show(`checking ${folder}`, bytes, undefined);
    };
    const report = await check(store, references, { repair, onProgress });
    progress.clear();
    for (const damage of report.damaged) say(describe(damage));
    const { refs, referenced, unreferenced, damaged } = report;
    say(`${count(refs, "ref")}, ${amount(referenced)}; ${amount(unreferenced)} unreferenced`);
    if (damaged.length === 0) return 0;
    const forgotten = damaged.filter(({ kind }) => repair && kind === "corrupt").length;
    say(`${damaged.length} damaged${forgotten > 0 ? `, ${forgotten} of them forgotten` : ""}`);
    return DAMAGED_STATUS;
  });
}

export function gc({ folder, now }: GcArguments): Promise<number> {
  return withStore(folder, async (store) => {
    const { kept, deleted, recent } = await collectGarbage(
      store,
      references,
      now ? { grace: 0 } : {},
    );
    say(`${amount(deleted)} deleted, ${amount(kept)} kept`);
    if (recent.chunks > 0) say(`${amount(recent)} left: stored or asked for lately`);
    return 0;
  });
}

async function withStore(
  folder: string,
  act: (store: ChunkStore) => Promise<number>,
): Promise<number> {
  try {
    const store = await openDirectoryStore(folder, { create: false });
    try {
      return await act(store);
    } finally {
      await store.close();
    }
  } catch (error) {
    // A KernelError is a number; what storage said is in its message where there is one.
    if (!(error instanceof KernelError) || "message" in error) throw error;
    throw new IsopodError(error.code, `${folder}: ${strerror(error.errno)}`);
  }
}

/** One line for each path, the damage before the first. */
function describe({ hash, kind, paths, more }: DamagedChunk): string {
  const paint = paintFor(process.stdout);
  const told = paths.length === 0 ? ["(unreferenced)"] : [...paths, ...(more ? ["..."] : [])];
  const head = `${kind.padEnd("malformed".length)}  ${hash.slice(0, SHORT_HASH)}  `;
  const [first = "", ...rest] = told;
  const others = rest.map((path) => `\n${" ".repeat(head.length)}${path}`);
  return `${paint("red", head)}${first}${others.join("")}`;
}

function amount({ chunks, bytes }: Amount): string {
  return `${count(chunks, "chunk")} (${formatBytes(bytes)})`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
