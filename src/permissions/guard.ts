/** What guards the boundary of one machine: its policy, the log of what was decided, and who was refused. */
import type { Asker, Crossing, Verdict } from "../../kernel/policy.ts";
import type { Embedder } from "../machine/embedder.ts";
import { AuditLog } from "./audit-log.ts";
import type { PermissionSet } from "./data.ts";
import { NOTHING_GRANTED } from "./nothing-granted.ts";
import { MachinePolicy } from "./policy.ts";
import type { Memory } from "./questions.ts";

export interface GuardParts {
  /** None: as createVm has it without `permissions`. */
  readonly sets: readonly PermissionSet[];
  readonly embedder: Embedder | undefined;
  readonly memory: Memory;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export type RefusalListener = (asker: Asker, reason: string) => void;

export class Guard {
  readonly policy: MachinePolicy;
  readonly audit: AuditLog;
  readonly #refusals = new Set<RefusalListener>();

  constructor({ sets, embedder, memory, now }: GuardParts) {
    this.audit = new AuditLog(now);
    this.policy = new MachinePolicy({
      sets: sets.length > 0 ? sets : [NOTHING_GRANTED],
      embedder,
      memory,
      witness: (crossing, asker, verdict) => this.#witness(crossing, asker, verdict),
    });
  }

  /** Hears of every refusal until the result is called. */
  onRefusal(listener: RefusalListener): () => void {
    this.#refusals.add(listener);
    return () => this.#refusals.delete(listener);
  }

  /** Programs that run and servers that listen are the machine's own affair unless they are refused. */
  #witness(crossing: Crossing, asker: Asker, verdict: Verdict): void {
    const isInside = crossing.kind === "execute" || crossing.kind === "listen";
    if (verdict.allowed && isInside) return;
    this.audit.record(crossing, asker, verdict);
    if (verdict.allowed) return;
    for (const listener of this.#refusals) listener(asker, verdict.reason);
  }
}
