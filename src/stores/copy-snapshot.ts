/** Copies what a ref leads to from one store into another: a snapshot into cold storage, and back. */
import type { ChunkStore, RefName } from "../../kernel/state/chunk-store.ts";
import { references } from "../../kernel/state/references.ts";
import { IsopodError } from "../errors.ts";
import { type TransferReport, transfer } from "./transfer.ts";
import { transferTarget } from "./transfer-target.ts";

export interface CopySnapshotOptions {
  /** What it is called there; default: as it is here. */
  readonly as?: RefName;
  /** Replace what has that name there; default: it must be free. */
  readonly replace?: boolean;
}

/** Sends only the chunks that `to` lacks. Chunks that arrived before a cut are not sent again. */
export async function copySnapshot(
  from: ChunkStore,
  to: ChunkStore,
  name: RefName,
  { as = name, replace = false }: CopySnapshotOptions = {},
): Promise<TransferReport> {
  const root = await from.readRef(name);
  if (root === undefined) throw new IsopodError("ERR_NO_SNAPSHOT", `there is no ${name} to copy`);
  const expected = replace ? await to.readRef(as) : undefined;
  const target = transferTarget(to, references);
  const report = await transfer(from, target, references, { root, name: as, expected });
  if (report) return report;
  throw new IsopodError("ERR_SNAPSHOT_EXISTS", `there is another ${as} already`);
}
