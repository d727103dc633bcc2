/** Random changes of a tree, as system calls that two machines can be given alike. */
import { O_CREAT, O_RDWR, O_TRUNC, O_WRONLY } from "../../../kernel/fd/flags.ts";
import type { Sys } from "../../../kernel/index.ts";
import {
  AT_FDCWD,
  AT_REMOVEDIR,
  AT_SYMLINK_NOFOLLOW,
  FALLOC_FL_COLLAPSE_RANGE,
  FALLOC_FL_INSERT_RANGE,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  PAGE_SIZE,
  RENAME_EXCHANGE,
  S_IFCHR,
  S_IFIFO,
} from "../../../kernel/vfs/constants.ts";
import type { Random } from "../random.ts";

/** Does one thing; what it answers. */
export type Operation = (sys: Sys) => Promise<unknown>;

const NAMES = [
  "a",
  "b",
  "c",
  "deep",
  "er",
  "f",
  "bin",
  "etc",
  "home",
  "tool",
  "link",
  "ü",
  "x\udcff",
];
const SPREAD = 900_000;

export function operation(random: Random): Operation {
  const path = pathOf(random);
  const other = pathOf(random);
  const offset = random.below(SPREAD);
  const size = random.below(random.below(8) === 0 ? 200_000 : 6000);
  const fill = 1 + random.below(255);
  const number = random.below(0o10000);
  const aligned = offset - (offset % PAGE_SIZE);
  const mode = random.pick([0, FALLOC_FL_COLLAPSE_RANGE, FALLOC_FL_INSERT_RANGE]);
  const key = `user.${random.pick(["one", "two", "three"])}`;
  switch (random.below(26)) {
    case 0:
    case 1:
    case 2:
      return (sys) =>
        onFile(sys, path, O_RDWR | O_CREAT | O_TRUNC, (fd) =>
          sys.write(fd, new Uint8Array(size).fill(fill)),
        );
    case 3:
    case 4:
    case 5:
      return (sys) =>
        onFile(sys, path, O_RDWR | O_CREAT, (fd) =>
          sys.pwrite64(fd, new Uint8Array(size).fill(fill), offset),
        );
    case 6:
      return (sys) => onFile(sys, path, O_RDWR, (fd) => sys.ftruncate(fd, offset));
    case 7:
      return (sys) =>
        onFile(sys, path, O_RDWR, (fd) =>
          sys.fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, size + 1),
        );
    case 8:
    case 9:
    case 10:
      return async (sys) => sys.mkdirat(AT_FDCWD, path, 0o777);
    case 11:
      return async (sys) => sys.unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
    case 12:
      return async (sys) => sys.unlinkat(AT_FDCWD, path, 0);
    case 13:
    case 14:
    case 15:
      return async (sys) => sys.renameat2(AT_FDCWD, path, AT_FDCWD, other, 0);
    case 16:
      return async (sys) => sys.renameat2(AT_FDCWD, path, AT_FDCWD, other, RENAME_EXCHANGE);
    case 17:
    case 18:
      return async (sys) => sys.linkat(AT_FDCWD, path, AT_FDCWD, other, 0);
    case 19:
      return async (sys) => sys.symlinkat(other, AT_FDCWD, path);
    case 20:
      return async (sys) => {
        await sys.fchmodat(AT_FDCWD, path, number, 0);
        await sys.fchownat(AT_FDCWD, path, number, offset, AT_SYMLINK_NOFOLLOW);
      };
    case 21:
      return async (sys) => sys.setxattr(AT_FDCWD, path, key, new Uint8Array(size), 0, 0);
    case 22:
      return async (sys) => sys.removexattr(AT_FDCWD, path, key, 0);
    case 23:
      return (sys) =>
        onFile(sys, path, O_RDWR, (fd) => sys.fallocate(fd, mode, aligned, PAGE_SIZE * (1 + fill)));
    case 24:
      return async (sys) => sys.mknodat(AT_FDCWD, path, S_IFIFO | 0o600, 0);
    default:
      return async (sys) => sys.mknodat(AT_FDCWD, path, S_IFCHR | 0o600, number);
  }
}

/** Opens and unlinks a file while it is written to. */
export function unlinkedWhileOpen(random: Random): Operation {
  const path = pathOf(random);
  return (sys) =>
    onFile(sys, path, O_WRONLY | O_CREAT, async (fd) => {
      await sys.unlinkat(AT_FDCWD, path, 0);
      return sys.write(fd, new Uint8Array(70_000).fill(9));
    });
}

async function onFile(
  sys: Sys,
  path: string,
  flags: number,
  work: (fd: number) => unknown,
): Promise<unknown> {
  const fd = await sys.openat(AT_FDCWD, path, flags | 0o4000, 0o666);
  try {
    return await work(fd);
  } finally {
    await sys.close(fd);
  }
}

function pathOf(random: Random): string {
  const start = random.pick(["/etc", "/etc/deep", "/etc/deep/er", "/bin", "/home", "", ""]);
  const names = Array.from({ length: 1 + random.below(2) }, () => random.pick(NAMES));
  return `${start}/${names.join("/")}`;
}
