/** What is wrong with a chunk of a store, in words for people. */
import type { Hash } from "../../kernel/state/chunk-store.ts";

/** malformed: its bytes are those that were stored, but not what a chunk in its place must be. */
export type DamageKind = "missing" | "corrupt" | "malformed";

export interface Damage {
  readonly hash: Hash;
  readonly kind: DamageKind;
}

/** A store whose chunks are not as its refs need them, where nothing can go on. */
export class StoreDamaged extends Error {
  readonly code = "ERR_STORE_DAMAGED";
  override readonly name = "StoreDamaged";
  readonly damage: Damage;

  constructor(damage: Damage) {
    super(`chunk ${damage.hash} is ${damage.kind}: isopod fsck tells what needs it`);
    this.damage = damage;
  }
}
