/** What path names mean to a process: its root, its working directory and its umask (credentials apart). */
import type { Location } from "./mount-table.ts";

export class FsContext {
  root: Location;
  cwd: Location;
  umask: number;

  constructor(root: Location, cwd: Location = root, umask = 0o022) {
    this.root = root;
    this.cwd = cwd;
    this.umask = umask;
  }

  clone(): FsContext {
    return new FsContext(this.root, this.cwd, this.umask);
  }
}
