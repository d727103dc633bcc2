/** A store that the crash suite kills the owner of. */
import type { Found } from "./workload.ts";

export interface CrashTarget extends AsyncDisposable {
  /**
   * Has commits written to the store, kills the writer `delay` milliseconds after its first one, and gives
   * the last that was acknowledged; undefined: none was.
   */
  writeAndKill(seed: number, delay: number): Promise<number | undefined>;
  /** What is there after the kill, for whoever opens the store next. */
  find(seed: number): Promise<Found>;
}

/** Longest delay: some commits. */
const DELAY_MAX_MS = 150;

export interface CrashReport {
  readonly kills: number;
  /** Commits that were acknowledged, all told. */
  readonly commits: number;
}

/** Kills `kills` times on one store. Throws at the first acknowledged commit that is lost or damaged. */
export async function crash(
  target: CrashTarget,
  kills: number,
  seed: number,
  random: () => number,
  onKill: (report: CrashReport) => void = () => {},
): Promise<CrashReport> {
  let last = 0;
  for (let kill = 1; kill <= kills; kill++) {
    const delay = random() * DELAY_MAX_MS;
    const acknowledged = (await target.writeAndKill(seed, delay)) ?? last;
    const { commit, wrong } = await target.find(seed);
    const at = `seed ${seed}, kill ${kill}, ${delay.toFixed(1)} ms: `;
    if (wrong.length > 0) throw new Error(at + wrong.join("; "));
    // More may be there: what was said last may not have reached us.
    if (commit < acknowledged) {
      throw new Error(`${at}commit ${acknowledged} was acknowledged, ${commit} is there`);
    }
    last = commit;
    onKill({ kills: kill, commits: commit });
  }
  return { kills, commits: last };
}
