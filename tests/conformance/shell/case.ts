/** One case of a shell suite: what is fed to bash, what must come out, and how the two compare. */

export interface Case {
  /** `file: title`, the name that expectations know it by. */
  readonly id: string;
  readonly file: string;
  readonly argv: readonly string[];
  /** The shell's input, one character a byte; undefined: /dev/null. */
  readonly stdin: string | undefined;
  /** stderr goes where stdout goes. */
  readonly merged: boolean;
  /** Files to lay into the case's directory, by name: their paths on the host. */
  readonly files: Readonly<Record<string, string>>;
  /** Directories to make in it. */
  readonly directories: readonly string[];
  readonly expected: Expected;
}

/** Only what is there is compared; text is one character a byte. */
export interface Expected {
  readonly stdout?: string;
  readonly stderr?: string;
  /** Minus the signal's number where a signal ends the shell. */
  readonly status?: number;
}

/** What a run gave; `trouble` says why there is nothing to compare. */
export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
  readonly trouble?: string;
}

/** What every shell finds in its environment, with paths as the run's place has them. */
export interface Place {
  /** The empty directory of this case. */
  readonly directory: string;
  /** Where the suite's checkout is. */
  readonly root: string;
  /** Where `programs/` is. */
  readonly programs: string;
}

export const CASE_TIMEOUT = 5_000;

export function environmentOf({ directory, root, programs }: Place): Record<string, string> {
  return {
    PATH: `${programs}:/usr/local/bin:/usr/bin:/bin`,
    LC_ALL: "C.UTF-8",
    TMP: directory,
    SH: "bash",
    THIS_SH: "bash",
    REPO_ROOT: root,
    CONFIG_FEATURE_FANCY_ECHO: "y",
  };
}

/** The first difference between what came out and what must; undefined: none. */
export function difference(outcome: Outcome, expected: Expected): string | undefined {
  if (outcome.trouble !== undefined) return outcome.trouble;
  for (const key of ["stdout", "stderr", "status"] as const) {
    const wanted = expected[key];
    if (wanted === undefined || outcome[key] === wanted) continue;
    return `${key}: expected ${JSON.stringify(wanted)}, got ${JSON.stringify(outcome[key])}`;
  }
  return undefined;
}
