/**
 * What is kept in this browser, seen from the page: snapshots and the heads of machines are refs of one
 * chunk store, so that restoring and forking set a ref, and nothing is copied. Fetched when it is needed.
 */
import type { ChunkStore, Hash } from "../kernel/state/chunk-store.ts";
import { references } from "../kernel/state/references.ts";
import { decodeSnapshot } from "../kernel/state/snapshot-record.ts";
import { collectGarbage, type GarbageReport } from "../src/stores/garbage.ts";
import { openIndexedDbStore } from "../src/stores/indexed-db.ts";
import { slugOf } from "./machines.ts";
import { remember, remembered } from "./settings.ts";

export interface KeptSnapshot {
  /** In the store. */
  readonly name: string;
  readonly id: Hash;
  readonly label: string;
  /** Equal trees are equal files. */
  readonly tree: Hash;
  /** Milliseconds since 1970. */
  readonly created: number;
}

const LABELS = "snapshots";
/** Between a machine's id, which has no two dashes in a row, and what tells its snapshots apart. */
const OF = "--";

let opening: Promise<ChunkStore> | undefined;

/** A machine's snapshots, the newest first. */
export async function snapshotsOf(machine: string): Promise<KeptSnapshot[]> {
  const store = await open();
  const prefix = `snapshots/${machine}${OF}`;
  const refs = [...(await store.refs())].filter(([ref]) => ref.startsWith(prefix));
  const records = await store.getMany(refs.map(([, hash]) => hash));
  const labels = readLabels();
  const found = refs.flatMap(([ref, id], index): KeptSnapshot[] => {
    const bytes = records[index];
    if (!bytes) return [];
    const { tree, created } = decodeSnapshot(bytes);
    const name = ref.slice("snapshots/".length);
    return [{ name, id, label: labels[name] ?? name.slice(prefix.length), tree, created }];
  });
  return found.sort((a, b) => b.created - a.created);
}

/** Keeps the committed state of a machine under a label of its own. */
export async function keepSnapshot(machine: string, label: string, id: Hash): Promise<void> {
  const store = await open();
  const name = `${machine}${OF}${slugOf(label)}-${Date.now().toString(36)}`;
  await store.swapRef(`snapshots/${name}`, undefined, id);
  writeLabels({ ...readLabels(), [name]: label });
}

export async function forgetSnapshot(name: string): Promise<void> {
  await pointAt(`snapshots/${name}`, undefined);
  const { [name]: _, ...labels } = readLabels();
  writeLabels(labels);
}

/** Makes a machine that is switched off begin with `id` when it is started again. */
export function restoreMachine(machine: string, id: Hash): Promise<void> {
  return pointAt(`machines/${machine}`, id);
}

/** Forgets a machine that is switched off, and its snapshots. */
export async function removeMachine(machine: string): Promise<void> {
  for (const { name } of await snapshotsOf(machine)) await forgetSnapshot(name);
  await pointAt(`machines/${machine}`, undefined);
}

/** The state that was committed last; undefined: none yet. */
export async function headOf(machine: string): Promise<Hash | undefined> {
  return (await open()).readRef(`machines/${machine}`);
}

/** Frees what no machine and no snapshot needs any more. */
export async function freeSpace(): Promise<GarbageReport> {
  return collectGarbage(await open(), references);
}

/** Only who holds a machine may change what it is. */
async function pointAt(ref: string, id: Hash | undefined): Promise<void> {
  const store = await open();
  const lock = await store.lock(ref);
  try {
    for (let isSet = false; !isSet; )
      isSet = await store.swapRef(ref, await store.readRef(ref), id);
  } finally {
    await lock.release();
  }
}

function open(): Promise<ChunkStore> {
  opening ??= openIndexedDbStore(STORE_NAME);
  return opening;
}

const STORE_NAME = "isopod-playground";

function readLabels(): Readonly<Record<string, string>> {
  try {
    return JSON.parse(remembered(LABELS) ?? "{}");
  } catch {
    return {};
  }
}

function writeLabels(labels: Readonly<Record<string, string>>): void {
  remember(LABELS, JSON.stringify(labels));
}
