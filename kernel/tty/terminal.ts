/** A terminal as job control sees it: whose it is, and which group is in the foreground. */
import type { Kernel } from "../kernel.ts";
import type { ProcessGroup, Session } from "../process/group.ts";
import { sendToGroup } from "../signals/deliver.ts";
import { Signal } from "../signals/numbers.ts";

export class Terminal {
  /** The session that it controls, if any. */
  session: Session | undefined;
  foreground: ProcessGroup | undefined;

  /** The session's leader ended or gave the terminal up: SIGHUP and SIGCONT to the foreground. */
  hangUpSession(kernel: Kernel): void {
    const { session, foreground } = this;
    if (session) session.terminal = undefined;
    this.session = undefined;
    this.foreground = undefined;
    if (!foreground) return;
    sendToGroup(kernel, foreground, Signal.SIGHUP);
    sendToGroup(kernel, foreground, Signal.SIGCONT);
  }
}
