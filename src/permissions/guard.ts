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

/** Hears who was refused what, in words; undefined for what met a limit of the machine. */
export type RefusalListener = (pid: number | undefined, text: string) => void;

const LATEST = 32;
const TEXT_MAX = 500;

/** One line, whatever a guest has put into names. */
function refusalText({ command }: Asker, reason: string): string {
  const line = `${command}: ${reason}`.replace(/[\u0000-\u001f\u007f-\u009f]/g, "?");
  return line.length > TEXT_MAX ? `${line.slice(0, TEXT_MAX)}...` : line;
}

/** Programs that start and servers that listen cross nothing, nor does a second look at a connection. */
function isInside(crossing: Crossing): boolean {
  if (crossing.kind === "connect") return crossing.address !== undefined;
  return crossing.kind === "execute" || crossing.kind === "listen";
}

export class Guard {
  readonly policy: MachinePolicy;
  readonly audit: AuditLog;
  readonly #listeners = new Set<RefusalListener>();
  /** For /proc/refusals. */
  readonly #latest: string[] = [];

  constructor({ sets, embedder, memory, now }: GuardParts) {
    this.audit = new AuditLog(now);
    this.policy = new MachinePolicy({
      sets: sets.length > 0 ? sets : [NOTHING_GRANTED],
      embedder,
      memory,
      refusals: () => this.#latest,
      witness: (crossing, asker, verdict) => this.#witness(crossing, asker, verdict),
    });
  }

  /** Hears of every refusal until the result is called. */
  onRefusal(listener: RefusalListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Something met a limit of the machine. */
  note(line: string): void {
    this.#tell(undefined, line);
  }

  #witness(crossing: Crossing, asker: Asker, verdict: Verdict): void {
    if (verdict.allowed && isInside(crossing)) return;
    this.audit.record(crossing, asker, verdict);
    // What is hidden is not told inside.
    if (verdict.allowed || (crossing.kind === "file" && crossing.access === "look")) return;
    this.#tell(asker.pid, refusalText(asker, verdict.reason));
  }

  #tell(pid: number | undefined, line: string): void {
    if (this.#latest.at(-1) !== line) this.#latest.push(line);
    if (this.#latest.length > LATEST) this.#latest.shift();
    for (const listener of this.#listeners) listener(pid, line);
  }
}
