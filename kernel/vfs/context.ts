/** What path names mean to a process: its root, its working directory and its umask (credentials apart). */
import type { Seals } from "../policy.ts";
import type { Location } from "./mount-table.ts";

export class FsContext {
  root: Location;
  cwd: Location;
  umask: number;
  /** What is hidden from it and read-only to it; undefined: nothing, as for pid 1. */
  readonly seals: Seals | undefined;

  constructor(root: Location, cwd: Location = root, umask = 0o022, seals?: Seals) {
    this.root = root;
    this.cwd = cwd;
    this.umask = umask;
    this.seals = seals;
  }

  /** Of a child. */
  clone(seals: Seals | undefined): FsContext {
    return new FsContext(this.root, this.cwd, this.umask, seals);
  }
}
