/** The refs of a machine that travels: its own, and the mark that it leaves behind. */
import type { ChunkStore, Hash } from "../../../kernel/state/chunk-store.ts";
import { noSuchMachine, RemoteError } from "../errors.ts";

const MARK = "moved.";
const REF_NAME_MAX = 128;

export function machineRef(name: string): string {
  return `machines/${name}`;
}

function markRef(name: string): string {
  if (MARK.length + name.length <= REF_NAME_MAX) return `snapshots/${MARK}${name}`;
  const message = `the name ${name} is too long for a machine that is to be moved; copy it instead`;
  throw new RemoteError(400, "ERR_BAD_REQUEST", message);
}

/** Its last commit; throws where there is none, and says so where it was moved away. */
export async function committed(chunks: ChunkStore, name: string): Promise<Hash> {
  const root = await chunks.readRef(machineRef(name));
  if (root !== undefined) return root;
  throw (await isMoved(chunks, name)) ? movedAway(name) : noSuchMachine(name);
}

export async function isMoved(chunks: ChunkStore, name: string): Promise<boolean> {
  const long = MARK.length + name.length > REF_NAME_MAX;
  return !long && (await chunks.readRef(markRef(name))) !== undefined;
}

/** Throws where its name is taken by another state than `root`. */
export async function expectFree(chunks: ChunkStore, name: string, root: Hash): Promise<void> {
  const found = await chunks.readRef(machineRef(name));
  if (found === undefined || found === root) return;
  const message = `there is a machine ${name} already: remove it, or choose another name`;
  throw new RemoteError(409, "ERR_MACHINE_EXISTS", message);
}

/** The machine is elsewhere: its last state stays as a snapshot, which a way back builds on. */
export async function markMoved(chunks: ChunkStore, name: string): Promise<void> {
  const root = await committed(chunks, name);
  const mark = markRef(name);
  await swap(chunks, mark, await chunks.readRef(mark), root);
  await swap(chunks, machineRef(name), root, undefined);
}

/** The machine is here again: the mark that it left behind means nothing any more. */
export async function clearMark(chunks: ChunkStore, name: string): Promise<void> {
  if (!(await isMoved(chunks, name))) return;
  const mark = markRef(name);
  await swap(chunks, mark, await chunks.readRef(mark), undefined);
}

/** What arrived cannot run here after all. */
export async function setGone(chunks: ChunkStore, name: string, root: Hash): Promise<void> {
  await chunks.swapRef(machineRef(name), root, undefined);
}

async function swap(
  chunks: ChunkStore,
  ref: string,
  before: Hash | undefined,
  after: Hash | undefined,
): Promise<void> {
  if (await chunks.swapRef(ref, before, after)) return;
  throw new RemoteError(409, "ERR_STORE_BUSY", `${ref} was changed by somebody else; try again`);
}

export function movedAway(name: string): RemoteError {
  const message = `the machine ${name} was moved away; its last state here is the snapshot ${MARK}${name}`;
  return new RemoteError(410, "ERR_MACHINE_MOVED", message);
}
