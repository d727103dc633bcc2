/** Tells whoever made a machine that a limit is near or reached, in words, but never more often than twice a second. */
import type { Kernel, LimitEvent } from "../../kernel/index.ts";
import type { Guard } from "../permissions/guard.ts";
import type { Embedder } from "./embedder.ts";

const INTERVAL_MS = 500;

/** One call for each machine, when it is made. */
export function watchLimits(kernel: Kernel, guard: Guard, embedder: Embedder | undefined): void {
  const lastTold = new Map<string, number>();
  kernel.onLimit = (event) => {
    const now = kernel.milliseconds();
    const key = `${event.limit} ${event.reached}`;
    if (now - (lastTold.get(key) ?? Number.NEGATIVE_INFINITY) < INTERVAL_MS) return;
    lastTold.set(key, now);
    const message = textOf(event);
    if (event.reached) guard.note(message);
    embedder?.tell({ type: "limit", ...event, message });
  };
}

function textOf({ limit, used, max, reached }: LimitEvent): string {
  const state = reached ? "is reached" : "is near";
  const raise = `raise it with createVm({ limits: { ${limit}: ${suggestion(max)} } })`;
  return `limits.${limit} ${state}: ${Math.round(used)} of ${max} are in use; ${raise}`;
}

function suggestion(max: number): number {
  return Math.max(1, Math.ceil(max * 2));
}
