/** User and group identities of a process; immutable, replaced as a whole (credentials(7)). */
export interface Credentials {
  readonly uid: number;
  readonly euid: number;
  readonly suid: number;
  readonly gid: number;
  readonly egid: number;
  readonly sgid: number;
  readonly groups: readonly number[];
  /** Every capability of Linux at once: root, or the host acting through pid 1. */
  readonly privileged: boolean;
}

export function credentialsOf(
  uid: number,
  gid: number,
  groups: readonly number[] = [],
): Credentials {
  return { uid, euid: uid, suid: uid, gid, egid: gid, sgid: gid, groups, privileged: uid === 0 };
}

export function inGroup(credentials: Credentials, gid: number): boolean {
  return credentials.egid === gid || credentials.groups.includes(gid);
}
