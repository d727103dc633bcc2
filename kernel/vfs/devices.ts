/** What stands behind device nodes, by number (Linux's devices.txt). */
import { Errno, fail } from "../errno.ts";
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../fd/flags.ts";
import { OpenFile } from "../fd/open-file.ts";
import type { Call } from "../syscalls/call.ts";
import type { Stat, StatFs } from "../syscalls/types.ts";
import { majorOf, makedev, minorOf, S_IFCHR, S_IFMT } from "./constants.ts";
import { statOf } from "./inode-file.ts";
import type { Location } from "./mount-table.ts";

export const Device = {
  NULL: makedev(1, 3),
  ZERO: makedev(1, 5),
  FULL: makedev(1, 7),
  RANDOM: makedev(1, 8),
  URANDOM: makedev(1, 9),
  TTY: makedev(5, 0),
  CONSOLE: makedev(5, 1),
  PTMX: makedev(5, 2),
} as const;

/** /dev/pts/N is minor N of it. */
export const PTS_MAJOR = 136;

/** Opens the device whose node is at `location`; ENXIO for a number behind which nothing stands. */
export function openDevice(call: Call, location: Location, flags: number): OpenFile {
  const { mode, rdev } = location.inode.attributes();
  if ((mode & S_IFMT) !== S_IFCHR) fail(Errno.ENXIO);
  const file = deviceFile(call, location, rdev, flags);
  file.location = location;
  return file;
}

function deviceFile(call: Call, location: Location, rdev: number, flags: number): OpenFile {
  const { ptys } = call.kernel;
  switch (rdev) {
    case Device.NULL:
      return new NullFile(location, flags);
    case Device.ZERO:
      return new ZeroFile(location, flags);
    case Device.FULL:
      return new FullFile(location, flags);
    case Device.RANDOM:
    case Device.URANDOM:
      return new RandomFile(location, flags);
    case Device.TTY:
    case Device.CONSOLE:
      return ptys.openControlling(call, flags);
    case Device.PTMX:
      return ptys.openMaster(call, flags);
    default:
      return majorOf(rdev) === PTS_MAJOR
        ? ptys.openSlave(call, minorOf(rdev), flags)
        : fail(Errno.ENXIO);
  }
}

const ALWAYS = { events: POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM, queue: undefined };

/** /dev/null, and what the others share: no offset, always ready. */
class NullFile extends OpenFile {
  declare location: Location;

  constructor(location: Location, flags: number) {
    super(flags);
    this.location = location;
  }

  override stat(): Stat {
    return statOf(this.location.inode.attributes(), this.location.mount);
  }

  override statfs(): StatFs {
    return this.location.mount.statfs();
  }

  override poll(): typeof ALWAYS {
    return ALWAYS;
  }

  override read(_call: Call, _target: Uint8Array, _position: number | undefined): number {
    return 0;
  }

  override write(_call: Call, source: Uint8Array, _position: number | undefined): number {
    return source.length;
  }

  override seek(_offset: number, _whence: number): number {
    return 0;
  }
}

class ZeroFile extends NullFile {
  override read(_call: Call, target: Uint8Array): number {
    target.fill(0);
    return target.length;
  }
}

class FullFile extends ZeroFile {
  override write(_call: Call, source: Uint8Array): number {
    return source.length === 0 ? 0 : fail(Errno.ENOSPC);
  }
}

class RandomFile extends NullFile {
  override read(call: Call, target: Uint8Array): number {
    // The target may be shared memory, which hosts refuse to fill; and hosts fill 64 KiB at most.
    for (let at = 0; at < target.length; at += RANDOM_BLOCK) {
      const block = new Uint8Array(Math.min(RANDOM_BLOCK, target.length - at));
      call.kernel.host.random(block);
      target.set(block, at);
    }
    return target.length;
  }
}

const RANDOM_BLOCK = 65_536;
