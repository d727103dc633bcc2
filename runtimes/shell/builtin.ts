/**
 * What a builtin is. Builtins of one subject share a file in builtins/; each file exports a table that
 * builtins/index.ts joins. Redirections are made before a builtin runs: descriptors 0, 1 and 2 are its
 * own, `shell.write` its way to write, `shell.sys` to all else.
 */
import type { Shell } from "./state.ts";

/**
 * Runs with the words after its name and answers its exit status. A ShellError that it throws is
 * printed as `bash: line N: NAME: message` and becomes its status; ProcessGone must pass through.
 */
export type BuiltinFunction = (shell: Shell, args: readonly string[]) => number | Promise<number>;

export interface Builtin {
  readonly run: BuiltinFunction;
  /** One of POSIX's special builtins: found before functions in posix mode, and its errors end a script. */
  readonly special?: boolean;
  /** Takes `name=(...)` arguments, expanded as assignments are (declare, export, local, readonly). */
  readonly declares?: boolean;
  /** What `help` prints behind the name. */
  readonly synopsis: string;
}

export type BuiltinTable = Readonly<Record<string, Builtin>>;
