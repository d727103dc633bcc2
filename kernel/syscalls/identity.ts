/** Who a process is (credentials(7)): user and group ids, and the rules of changing them. */
import { Errno, fail } from "../errno.ts";
import { NGROUPS_MAX } from "../limits.ts";
import type { Call } from "./call.ts";
import type { Handlers } from "./handlers.ts";
import type { Ids } from "./types.ts";

export const identityCalls: Handlers<
  "getresuid" | "getresgid" | "setresuid" | "setresgid" | "getgroups" | "setgroups"
> = {
  getresuid({ process }) {
    const { uid, euid, suid } = process.credentials;
    return { real: uid, effective: euid, saved: suid };
  },

  getresgid({ process }) {
    const { gid, egid, sgid } = process.credentials;
    return { real: gid, effective: egid, saved: sgid };
  },

  setresuid(call, real, effective, saved) {
    const { credentials } = call.process;
    const { uid, euid, suid } = credentials;
    const ids = changed(call, { real: uid, effective: euid, saved: suid }, real, effective, saved);
    call.process.credentials = {
      ...credentials,
      uid: ids.real,
      euid: ids.effective,
      suid: ids.saved,
      // Privilege goes with the effective user; the host's own stays what it is.
      privileged: ids.effective === 0 || (credentials.privileged && euid !== 0),
    };
  },

  setresgid(call, real, effective, saved) {
    const { credentials } = call.process;
    const { gid, egid, sgid } = credentials;
    const ids = changed(call, { real: gid, effective: egid, saved: sgid }, real, effective, saved);
    call.process.credentials = {
      ...credentials,
      gid: ids.real,
      egid: ids.effective,
      sgid: ids.saved,
    };
  },

  getgroups: ({ process }) => process.credentials.groups,

  setgroups(call, groups) {
    const { credentials } = call.process;
    if (!credentials.privileged) fail(Errno.EPERM);
    if (groups.length > NGROUPS_MAX) fail(Errno.EINVAL);
    call.process.credentials = { ...credentials, groups: [...groups] };
  },
};

/** The three ids after a change; without privilege each may only become one of the present three. */
function changed(call: Call, old: Ids, real: number, effective: number, saved: number): Ids {
  const present = [old.real, old.effective, old.saved];
  const pick = (wanted: number, current: number) => {
    if (wanted === -1) return current;
    if (wanted < 0) fail(Errno.EINVAL);
    if (!call.process.credentials.privileged && !present.includes(wanted)) fail(Errno.EPERM);
    return wanted;
  };
  return {
    real: pick(real, old.real),
    effective: pick(effective, old.effective),
    saved: pick(saved, old.saved),
  };
}
