/** internalBinding("credentials"): who the process runs as, and variables that it may trust. */
import { KernelError, strerror } from "../../../kernel/abi.ts";
import { findGroup, findUser, groups } from "../accounts.ts";
import type { BindingFactory } from "../environment.ts";
import { errnoException } from "../errors.ts";

const UNKNOWN_USER = 1;
const UNKNOWN_GROUP = 2;
const UNKNOWN = 1;

export const credentials: BindingFactory = (env) => {
  const variable = (name: string) =>
    (env.process["env"] as Record<string, string | undefined>)[name];
  const userId = (user: string | number) =>
    typeof user === "number" ? user : findUser(env, user)?.uid;
  const groupId = (group: string | number) =>
    typeof group === "number" ? group : findGroup(env, group)?.gid;

  /** 0, or UNKNOWN where there is no such id; what the kernel refuses is thrown. */
  function set(id: number | undefined, syscall: string, call: (id: number) => void): number {
    if (id === undefined) return UNKNOWN;
    try {
      call(id | 0);
      return 0;
    } catch (reason) {
      if (!(reason instanceof KernelError)) throw reason;
      throw errnoException(reason.errno, syscall, strerror(reason.errno));
    }
  }

  return {
    implementsPosixCredentials: true,

    safeGetenv: (name: string) => variable(name),

    getTempDir() {
      const directory = variable("TMPDIR") || variable("TMP") || variable("TEMP") || "/tmp";
      return directory.length > 1 && directory.endsWith("/") ? directory.slice(0, -1) : directory;
    },

    getuid: () => env.sys.getresuid().real,
    geteuid: () => env.sys.getresuid().effective,
    getgid: () => env.sys.getresgid().real,
    getegid: () => env.sys.getresgid().effective,

    /** The effective group is among them, as getgroups(2) leaves open. */
    getgroups() {
      const ids = [...env.sys.getgroups()];
      const { effective } = env.sys.getresgid();
      return ids.includes(effective) ? ids : [...ids, effective];
    },

    setuid: (user: string | number) =>
      set(userId(user), "setuid", (id) => {
        const privileged = env.sys.getresuid().effective === 0;
        env.sys.setresuid(privileged ? id : -1, id, privileged ? id : -1);
      }),
    seteuid: (user: string | number) =>
      set(userId(user), "seteuid", (id) => env.sys.setresuid(-1, id, -1)),
    setgid: (group: string | number) =>
      set(groupId(group), "setgid", (id) => {
        const privileged = env.sys.getresuid().effective === 0;
        env.sys.setresgid(privileged ? id : -1, id, privileged ? id : -1);
      }),
    setegid: (group: string | number) =>
      set(groupId(group), "setegid", (id) => env.sys.setresgid(-1, id, -1)),

    /** 0, or the place, from 1 on, of a group that there is not. */
    setgroups(list: readonly (string | number)[]) {
      const ids = list.map(groupId);
      const missing = ids.indexOf(undefined);
      if (missing >= 0) return missing + 1;
      return set(0, "setgroups", () => env.sys.setgroups(ids as number[]));
    },

    initgroups(user: string | number, extra: string | number) {
      const gid = groupId(extra);
      if (gid === undefined) return UNKNOWN_GROUP;
      const found = findUser(env, user);
      if (!found) return UNKNOWN_USER;
      const own = groups(env).filter(({ members }) => members.includes(found.name));
      const ids = [gid, ...own.map((group) => group.gid).filter((id) => id !== gid)];
      return set(0, "initgroups", () => env.sys.setgroups(ids));
    },
  };
};
