/**
 * A machine's way from one place to another: what the other place lacks of its state is sent, verified
 * there, and only then does the machine exist there. A copy leaves the first one as it is; a move leaves it
 * switched off, its state kept as the snapshot `moved.NAME`. Where it is cut, the same call goes on.
 */
import type { ChunkStore, Hash } from "../../../kernel/state/chunk-store.ts";
import { references } from "../../../kernel/state/references.ts";
import { decodeSnapshot } from "../../../kernel/state/snapshot-record.ts";
import { transfer } from "../../stores/transfer.ts";
import type { TransferTarget } from "../../stores/transfer-target.ts";
import { RemoteError } from "../errors.ts";

/** A machine in one place, whether it is there already or is to arrive. */
export interface Place {
  /** For people. */
  readonly label: string;
  readonly name: string;
  /**
   * The last commit of the machine, the current one where it is switched on. With `move` it is switched
   * off first and stays so until moved() or stay().
   */
  depart(move: boolean): Promise<Hash>;
  /** After depart(true): it is elsewhere. */
  moved(): Promise<void>;
  /** After depart(true): it stays here. */
  stay(): Promise<void>;
  /** Of a machine that departs. */
  readonly chunks: Pick<ChunkStore, "getMany" | "missing">;
  /** Throws where a machine of that name is here, unless its state is `root`. */
  expect(root: Hash): Promise<void>;
  readonly target: Pick<TransferTarget, "missing" | "put">;
  /** The machine is here now. */
  arrive(root: Hash): Promise<void>;
}

export interface TravelOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (report: TravelProgress) => void;
}

export interface TravelProgress {
  /** Sent so far. */
  readonly chunks: number;
  readonly bytes: number;
  /** Chunks that are known to be lacking. */
  readonly left: number;
}

export interface TravelReport {
  /** What was sent; nothing where the other place had it. */
  readonly chunks: number;
  readonly bytes: number;
  /** Hash of the machine's files, as a snapshot's `tree`. */
  readonly tree: string;
}

export async function travel(
  from: Place,
  to: Place,
  move: boolean,
  { signal, onProgress }: TravelOptions = {},
): Promise<TravelReport> {
  const root = await from.depart(move);
  try {
    const tree = await treeOf(from, root);
    await to.expect(root);
    const target = { ...bound(to.target), finish: () => to.arrive(root).then(() => true) };
    const report = await transfer(from.chunks as ChunkStore, target, references, {
      root,
      name: `machines/${to.name}`,
      ...(signal ? { signal } : {}),
      ...(onProgress ? { onProgress } : {}),
    });
    if (move) await from.moved();
    const { chunks, bytes } = report as Exclude<typeof report, false>;
    return { chunks, bytes, tree };
  } catch (reason) {
    if (move) await from.stay().catch(() => {});
    throw reason;
  }
}

async function treeOf(from: Place, root: Hash): Promise<Hash> {
  const [bytes] = await from.chunks.getMany([root]);
  if (bytes) return decodeSnapshot(bytes).tree;
  const message = `${from.label} lacks the state of ${from.name}: isopod fsck tells more`;
  throw new RemoteError(500, "ERR_STORE_DAMAGED", message);
}

function bound(target: Place["target"]): Place["target"] {
  return {
    missing: (nodes, contents) => target.missing(nodes, contents),
    put: (chunks) => target.put(chunks),
  };
}
