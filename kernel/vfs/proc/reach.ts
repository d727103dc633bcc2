/** Who may look into a process: what ptrace(2) calls PTRACE_MODE_READ. */
import { Errno, fail } from "../../errno.ts";
import type { Process } from "../../process/process.ts";

/** EACCES unless `reader` is privileged, or the same user. Undefined is the kernel itself. */
export function requireInspection(reader: Process | undefined, process: Process): void {
  if (!reader || reader === process || reader.credentials.privileged) return;
  const { euid, egid } = reader.credentials;
  const { uid, euid: effective, suid, gid, egid: group, sgid } = process.credentials;
  const sameUser = euid === uid && euid === effective && euid === suid;
  const sameGroup = egid === gid && egid === group && egid === sgid;
  if (!sameUser || !sameGroup || process.credentials.privileged) fail(Errno.EACCES);
}
