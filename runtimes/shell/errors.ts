/** How running a script ends early: each reason is one class, thrown, and caught where bash catches it. */

/** Something a builtin or an expansion refuses. The text lacks the `bash: line N:` that is printed before it. */
export class ShellError extends Error {
  readonly status: number;

  constructor(message: string, status = 1) {
    super(message);
    this.status = status;
  }
}

/** `exit`, or what ends a shell like it: the process is to end with `status` after the EXIT trap. */
export class ExitShell {
  readonly status: number;

  constructor(status: number) {
    this.status = status;
  }
}

/** An error, already reported, that abandons what is being run up to the next line of input. */
export class Abandon {
  readonly status: number;
  /** A text of `eval`, `source`, -c or a trap ends too: only a script goes on, with its next line. */
  readonly leavesText: boolean;

  constructor(status: number, leavesText = false) {
    this.status = status;
    this.leavesText = leavesText;
  }
}
