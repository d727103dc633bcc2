/** StatWatcher of the `fs` binding (fs.watchFile): asks for a file's state now and again. */
import { AT_FDCWD, KernelError, type Stat } from "../../../../kernel/abi.ts";
import { HandleWrap } from "../../async-wrap.ts";
import type { Environment } from "../../environment.ts";
import { Timer } from "../../loop/timer.ts";
import { toPath } from "./paths.ts";
import { FIELDS, fillBig, fillStat } from "./stats.ts";

export function createStatWatcher(env: Environment): new (bigint: boolean) => HandleWrap {
  return class StatWatcher extends HandleWrap {
    readonly #bigint: boolean;
    readonly #timer = new Timer(env.loop, () => this.#look());
    #path = "";
    #last: Stat = NOTHING;
    /** The errno of the last look, 0 where the file was there; undefined before the first. */
    #status: number | undefined;

    constructor(bigint: boolean) {
      super(env, "STATWATCHER");
      this.#bigint = bigint === true;
    }

    protected get handles() {
      return [this.#timer];
    }

    start(path: unknown, interval: number): number {
      if (this.#timer.active) return 0;
      this.#path = toPath(path);
      this.#timer.start(0, Math.max(1, interval));
      return 0;
    }

    protected onClose(): void {
      this.#timer.stop();
    }

    #look(): void {
      const [status, stat] = this.#stat();
      const before = this.#status;
      const old = this.#last;
      this.#status = status;
      // The first look tells of nothing but a file that is not there.
      if (status !== 0) {
        if (before === status) return;
        this.#last = NOTHING;
        this.#changed(status, NOTHING, before === undefined ? NOTHING : old);
        return;
      }
      this.#last = stat;
      if (before === undefined) return;
      if (before !== 0 || differs(stat, old)) this.#changed(0, stat, old);
    }

    #changed(status: number, now: Stat, before: Stat): void {
      const values = this.#bigint
        ? fillBig(fillBig(new BigInt64Array(2 * FIELDS), now), before, FIELDS)
        : fillStat(fillStat(new Float64Array(2 * FIELDS), now), before, FIELDS);
      this.makeCallback("onchange", [status, values]);
    }

    #stat(): [number, Stat] {
      try {
        return [0, env.sys.newfstatat(AT_FDCWD, this.#path, 0)];
      } catch (reason) {
        if (reason instanceof KernelError) return [-reason.errno, NOTHING];
        throw reason;
      }
    }
  };
}

const NOTHING: Stat = {
  dev: 0,
  ino: 0,
  mode: 0,
  nlink: 0,
  uid: 0,
  gid: 0,
  rdev: 0,
  size: 0,
  blksize: 0,
  blocks: 0,
  atime: 0n,
  mtime: 0n,
  ctime: 0n,
  birthtime: 0n,
};

/** What uv_fs_poll compares: everything but what reading changes. */
function differs(a: Stat, b: Stat): boolean {
  return (
    a.ctime !== b.ctime ||
    a.mtime !== b.mtime ||
    a.birthtime !== b.birthtime ||
    a.size !== b.size ||
    a.mode !== b.mode ||
    a.uid !== b.uid ||
    a.gid !== b.gid ||
    a.ino !== b.ino ||
    a.dev !== b.dev
  );
}
