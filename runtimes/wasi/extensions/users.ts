/** host_user: identities, and the user and group databases as one line of text each. */
import { Errno } from "../../../kernel/abi.ts";
import { type ImportFunctions, refuse } from "../imports.ts";
import type { ProgramContext } from "../program-context.ts";
import { readTextFile } from "../text-files.ts";
import { isTerminal } from "./terminal.ts";

const PASSWD = { path: "/etc/passwd", fields: 7 };
const GROUP = { path: "/etc/group", fields: 4 };
type Database = typeof PASSWD;

export function userImports(context: ProgramContext): ImportFunctions {
  const { sys, memory } = context;

  function lines({ path, fields }: Database): string[][] {
    const entries = readTextFile(sys, path).split("\n");
    return entries.map((line) => line.split(":")).filter((entry) => entry.length === fields);
  }

  function give(entry: string[] | undefined, buffer: number, capacity: number, result: number) {
    if (entry === undefined) return refuse(Errno.ENOENT);
    const length = memory.setText(buffer, capacity, entry.join(":"));
    if (length > capacity) refuse(Errno.ERANGE);
    memory.setU32(result, length);
  }

  const byId =
    (database: Database) => (id: number, buffer: number, capacity: number, result: number) =>
      give(
        lines(database).find((entry) => Number(entry[2]) === id),
        buffer,
        capacity,
        result,
      );

  const byName =
    (database: Database) =>
    (name: number, length: number, buffer: number, capacity: number, result: number) => {
      const wanted = memory.text(name, length);
      give(
        lines(database).find((entry) => entry[0] === wanted),
        buffer,
        capacity,
        result,
      );
    };

  const byIndex =
    (database: Database) => (index: number, buffer: number, capacity: number, result: number) =>
      give(lines(database)[index], buffer, capacity, result);

  function writeIds(
    ids: { real: number; effective: number; saved: number },
    addresses: readonly [number, number, number],
  ): void {
    memory.setU32(addresses[0], ids.real);
    memory.setU32(addresses[1], ids.effective);
    memory.setU32(addresses[2], ids.saved);
  }

  return {
    isatty(fd: number, result: number) {
      memory.setU32(result, isTerminal(context, fd) ? 1 : 0);
    },

    getuid: (result: number) => memory.setU32(result, sys.getresuid().real),
    geteuid: (result: number) => memory.setU32(result, sys.getresuid().effective),
    getgid: (result: number) => memory.setU32(result, sys.getresgid().real),
    getegid: (result: number) => memory.setU32(result, sys.getresgid().effective),
    getresuid: (...addresses: [number, number, number]) => writeIds(sys.getresuid(), addresses),
    getresgid: (...addresses: [number, number, number]) => writeIds(sys.getresgid(), addresses),

    /** A privileged process changes all three ids, another one the effective alone (setuid(2)). */
    setuid(id: number) {
      const all = sys.getresuid().effective === 0;
      sys.setresuid(all ? id | 0 : -1, id | 0, all ? id | 0 : -1);
    },

    setgid(id: number) {
      const all = sys.getresuid().effective === 0;
      sys.setresgid(all ? id | 0 : -1, id | 0, all ? id | 0 : -1);
    },

    seteuid: (id: number) => sys.setresuid(-1, id | 0, -1),
    setegid: (id: number) => sys.setresgid(-1, id | 0, -1),
    setreuid: (real: number, effective: number) =>
      sys.setresuid(real | 0, effective | 0, effective | 0),
    setregid: (real: number, effective: number) =>
      sys.setresgid(real | 0, effective | 0, effective | 0),
    setresuid: (real: number, effective: number, saved: number) =>
      sys.setresuid(real | 0, effective | 0, saved | 0),
    setresgid: (real: number, effective: number, saved: number) =>
      sys.setresgid(real | 0, effective | 0, saved | 0),

    getgroups(capacity: number, address: number, result: number) {
      const groups = sys.getgroups();
      if (capacity !== 0) {
        if (groups.length > capacity) refuse(Errno.EINVAL);
        groups.forEach((group, i) => {
          memory.setU32(address + 4 * i, group);
        });
      }
      memory.setU32(result, groups.length);
    },

    setgroups(count: number, address: number) {
      memory.slice(address, 4 * count);
      sys.setgroups(Array.from({ length: count }, (_, i) => memory.u32(address + 4 * i)));
    },

    getpwuid: byId(PASSWD),
    getpwnam: byName(PASSWD),
    getpwent: byIndex(PASSWD),
    getgrgid: byId(GROUP),
    getgrnam: byName(GROUP),
    getgrent: byIndex(GROUP),
  };
}
