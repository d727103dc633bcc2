/** Commits that nobody asks for: after quiet time, or when changes have waited long enough. */
import type { Host, Timer } from "../../../kernel/index.ts";
import type { Kept } from "../../../kernel/vfs/memory/kept.ts";
import type { CommitPolicy } from "../protocol.ts";
import type { Commits } from "./commits.ts";

const QUIET_MS = 1000;
const LATEST_MS = 10_000;

export class AutomaticCommits {
  readonly #host: Host;
  readonly #kept: Kept;
  readonly #commits: Commits;
  readonly #quiet: number;
  readonly #latest: number;
  #timer: Timer | undefined;
  #end = 0n;
  #isStopped = false;

  constructor(host: Host, kept: Kept, commits: Commits, policy: Exclude<CommitPolicy, "manual">) {
    this.#host = host;
    this.#kept = kept;
    this.#commits = commits;
    this.#quiet = policy.quiet ?? QUIET_MS;
    this.#latest = policy.latest ?? LATEST_MS;
    kept.onChange = () => this.#begin();
    if (kept.isChanged) this.#begin();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#kept.onChange = undefined;
  }

  #begin(): void {
    if (this.#timer || this.#isStopped) return;
    this.#end = this.#host.clock.monotonic() + BigInt(Math.round(this.#latest * 1e6));
    this.#wait();
  }

  #wait(): void {
    const { changes } = this.#kept;
    const left = Number((this.#end - this.#host.clock.monotonic()) / 1_000_000n);
    const pause = Math.max(Math.min(this.#quiet, left), 0);
    this.#timer = this.#host.scheduler.setTimer(() => {
      this.#timer = undefined;
      if (!this.#kept.isChanged) return;
      const isLate = this.#host.clock.monotonic() >= this.#end;
      if (this.#kept.changes !== changes && !isLate) this.#wait();
      // A store that fails is tried again at the next pause; fsync tells who needs to know.
      else this.#commits.commit().catch(() => this.#begin());
    }, pause);
  }
}
