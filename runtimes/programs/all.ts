/** The small programs inside the kernel themselves, loaded together when one of them first runs. */
import type { Main } from "../../kernel/index.ts";
import { cat } from "./cat.ts";
import { chroot } from "./chroot.ts";
import { df } from "./df/df.ts";
import { flock } from "./flock.ts";
import { groups, id, whoami } from "./id.ts";
import { less } from "./pager/less.ts";
import { setsid } from "./setsid.ts";
import { stty } from "./stty.ts";
import { sync } from "./sync.ts";
import { tty } from "./tty.ts";
import { arch, hostname, uname } from "./uname.ts";

export const allPrograms: ReadonlyMap<string, Main> = new Map([
  ["arch", arch],
  ["cat", cat],
  ["chroot", chroot],
  ["df", df],
  ["flock", flock],
  ["groups", groups],
  ["hostname", hostname],
  ["id", id],
  ["less", less],
  ["setsid", setsid],
  ["stty", stty],
  ["sync", sync],
  ["tty", tty],
  ["uname", uname],
  ["whoami", whoami],
]);
