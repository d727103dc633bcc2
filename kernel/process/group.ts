/**
 * Process groups and sessions (credentials(7)). A group lives as long as it has a member, zombies
 * counted; a session as long as it has a group; so neither number is given to a new process meanwhile.
 */
import type { Terminal } from "../tty/terminal.ts";
import type { Process } from "./process.ts";

export class Session {
  readonly id: number;
  readonly groups = new Set<ProcessGroup>();
  /** The process that made it; undefined once that has ended. */
  leader: Process | undefined;
  /** The controlling terminal. */
  terminal: Terminal | undefined;
  /** The foreground of a terminal that hung up: told as well when the leader ends. */
  lostForeground: ProcessGroup | undefined;

  constructor(leader: Process | undefined, id: number) {
    this.leader = leader;
    this.id = id;
  }
}

export class ProcessGroup {
  readonly id: number;
  readonly session: Session;
  readonly members = new Set<Process>();

  constructor(id: number, session: Session) {
    this.id = id;
    this.session = session;
    session.groups.add(this);
  }

  /**
   * True where no member has a parent outside the group but inside the session: nobody is left who
   * could continue it. `leaving` is not counted.
   */
  isOrphaned(leaving?: Process): boolean {
    for (const member of this.members) {
      if (member === leaving || member.state === "zombie" || !member.parent) continue;
      const { group } = member.parent;
      if (group !== this && group.session === this.session) return false;
    }
    return true;
  }

  hasStopped(): boolean {
    for (const member of this.members) if (member.stopped) return true;
    return false;
  }
}
