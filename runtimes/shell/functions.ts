/** Shell functions and the stack of calls. */
import type { SyntaxNode } from "unbash";
import type { SetOptions } from "./settings.ts";
import type { Source } from "./source.ts";

export interface ShellFunction {
  readonly name: string;
  readonly body: SyntaxNode;
  /** The text that `body`'s positions index, and where in it the definition stands. */
  readonly source: Source;
  readonly position: number;
  readonly isExported: boolean;
  readonly isReadonly: boolean;
  /** DEBUG and RETURN traps hold in it too (declare -ft). */
  readonly isTraced: boolean;
}

/** A call of a function, or a file that is being read by `source`: an entry of FUNCNAME. */
export interface Frame {
  /** What FUNCNAME says; `source` for a file. */
  readonly name: string;
  readonly isFunction: boolean;
  /** Where the body is. */
  readonly source: Source;
  /** The line of the call, and the text that it stands in. */
  readonly callLine: number;
  readonly caller: Source;
  /** The arguments of this call, for BASH_ARGV. */
  readonly args: readonly string[];
  /** What `local -` brings back at the end. */
  savedOptions?: SetOptions;
}
