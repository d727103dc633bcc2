/** A descriptor that names a place and gives no access to it (O_PATH). */
import { Errno, fail } from "../errno.ts";
import { OpenFile } from "../fd/open-file.ts";
import type { Stat, StatFs } from "../syscalls/types.ts";
import { statOf } from "./inode-file.ts";
import type { Location } from "./mount-table.ts";

export class PathFile extends OpenFile {
  declare readonly location: Location;

  constructor(location: Location, flags: number) {
    super(flags);
    this.location = location;
    location.mount.opened();
  }

  override stat(): Stat {
    return statOf(this.location.inode.attributes(), this.location.mount);
  }

  override statfs(): StatFs {
    return this.location.mount.statfs();
  }

  override poll(): never {
    return fail(Errno.EBADF);
  }

  protected override closed(): void {
    this.location.mount.closed();
  }
}
