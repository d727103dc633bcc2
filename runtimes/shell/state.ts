/**
 * The state of one shell process: everything that the interpreter, word expansion and the builtins read
 * and change. A subshell has a copy of it (`fork`) that shares what neither has changed since.
 */

import type { SyntaxNode } from "unbash";
import type { Sys } from "../../kernel/index.ts";
import type { Builtin } from "./builtin.ts";
import type { CompletionSpec } from "./completion/spec.ts";
import { CowMap } from "./cow-map.ts";
import { Abandon } from "./errors.ts";
import type { Frame, ShellFunction } from "./functions.ts";
import { History } from "./history/list.ts";
import { JobTable } from "./job-table.ts";
import type { LineEditor } from "./line-editor/editor.ts";
import { Output } from "./output.ts";
import {
  defaultSetOptions,
  defaultShoptOptions,
  type SetOptions,
  type ShoptOptions,
} from "./settings.ts";
import { Source } from "./source.ts";
import { Variables } from "./variables.ts";
import type { Separators } from "./words/separators.ts";

/** What the interpreter does for the state and the builtins, which lie below it. */
export interface Interpreter {
  /** Runs `text` as `eval` does. */
  evaluate(shell: Shell, text: string): number | Promise<number>;
  /** Calls a shell function. */
  callFunction(
    shell: Shell,
    target: ShellFunction,
    args: readonly string[],
  ): number | Promise<number>;
  /** Runs the traps of the signals that came in; to be called when a system call failed with EINTR. */
  handleSignals(shell: Shell): Promise<void>;
  /** Expands parameters, commands and arithmetic in `text` as between double quotes (prompts). */
  expandText(shell: Shell, text: string): string | Promise<string>;
  /** Expands the escapes of a prompt, and what `promptvars` allows. */
  expandPrompt(shell: Shell, text: string): string | Promise<string>;
  /** `name[subscript]`, the subscript as written. */
  readElement(shell: Shell, name: string, subscript: string): string | undefined;
  writeElement(shell: Shell, name: string, subscript: string, text: string): void;
  /** The value of an arithmetic expression, as text. */
  evaluateInteger(shell: Shell, text: string): string;
  /** A variable that means something to the shell was created, changed or unset. */
  assigned(shell: Shell, name: string): void;
  /** Names for which `assigned` is to be called. */
  isWatched(name: string): boolean;
}

/** What ends a loop, a function or a sourced file from within; checked after every command. */
export interface Jump {
  readonly kind: "break" | "continue" | "return";
  /** Loops still to be left (break, continue). */
  count: number;
}

export class Shell {
  /** The process that this shell is; a subshell gets its own when it begins. */
  sys: Sys;
  readonly interpreter: Interpreter;
  readonly builtins: ReadonlyMap<string, Builtin>;
  output: Output;

  // What it is.
  /** $0 */
  name: string;
  isInteractive = false;
  isLogin = false;
  /** The letters `c` and `s` of $-. */
  readsCommandString = false;
  readsStandardInput = false;
  /** $$, which subshells share. */
  readonly mainPid: number;
  /** BASH_SUBSHELL */
  subshellDepth = 0;
  readonly startTime: bigint;
  /** The script file that runs; undefined for -c and an interactive shell. */
  scriptName: string | undefined;
  /** What SECONDS adds to the time since the start. */
  secondsOffset = 0;
  /** The state of RANDOM. */
  readonly random: { seed: number | undefined; last: number } = { seed: undefined, last: 0 };

  // What scripts set.
  variables: Variables;
  /** $1 and on. */
  positional: readonly string[] = [];
  functions = new CowMap<string, ShellFunction>();
  aliases = new CowMap<string, string>();
  options: SetOptions;
  shopt: ShoptOptions;
  /** Actions by signal name without SIG, or EXIT, ERR, DEBUG, RETURN; "" ignores. */
  traps = new CowMap<string, string>();
  /** What `trap -p` shows in a subshell that has set none: the parent's. */
  inheritedTraps: CowMap<string, string> | undefined;
  /** Builtins that `enable -n` put out of use. */
  disabledBuiltins = new CowMap<string, true>();
  /** Full paths of commands found in PATH. */
  hashed = new CowMap<string, { path: string; hits: number }>();
  /** The working directory as PWD has it, symbolic links kept. */
  cwd = "/";
  /** What `pushd` put aside, the nearest first; the working directory itself is not in it. */
  directoryStack: readonly string[] = [];
  history = new History();
  /** Commands that an interactive shell has run, plus one. */
  commandNumber = 1;
  /** What `complete` set, by the name of the command. */
  completions = new CowMap<string, CompletionSpec>();
  /** The completion that is being made, which `compopt` may change. */
  currentCompletion: { spec: CompletionSpec } | undefined;
  /** Where `getopts` goes on: OPTIND as it left it, and the place in that word. */
  getopts = { index: 1, offset: 0 };
  /** Bytes are characters (LC_ALL=C); undefined after a locale variable changed. */
  hasByteLocale: boolean | undefined;
  /** IFS, taken apart; undefined after it changed. */
  separators: Separators | undefined;

  // Where it is.
  /** $? */
  status = 0;
  /** $_ */
  lastArgument = "";
  /** $!; undefined before the first background command. */
  lastBackgroundPid: number | undefined;
  pipeStatus: readonly number[] = [];
  readonly frames: Frame[] = [];
  source: Source;
  /** Of the command that runs, in `source`. */
  position = 0;
  loopDepth = 0;
  jump: Jump | undefined;
  /** Depth of what ignores a failure under errexit: conditions, `!`, all but the last of && and ||. */
  conditionDepth = 0;
  /** The command that runs, or that a trap interrupted, and the text that it stands in: BASH_COMMAND. */
  command: { node: SyntaxNode; source: Source } | undefined;
  /** A special builtin met an error that ends a script in posix mode. */
  hasSpecialError = false;
  /** The name of the builtin that runs. */
  runningBuiltin: string | undefined;
  /** Calls of functions, `eval`, `source` and traps inside each other. */
  callDepth = 0;
  /** Nothing follows in this process: a command may take its place. */
  isLastCommand = false;
  /** Signals that came while a command was waited for; their traps run after it. */
  takenSignals: number[] = [];
  /** An interactive `exit` told of stopped jobs; the next one does leave. */
  wasWarnedOfJobs = false;
  /** A trap's action runs. */
  isInTrap = false;
  /** Actions of traps that run, one inside another. */
  trapDepth = 0;
  /** `$?` as it was before the innermost trap's action; undefined: none runs. */
  trapStatus: number | undefined;
  /** The EXIT trap's action runs. */
  isExiting = false;
  /** Commands since the last look at the clock. */
  ticks = 0;
  /** Levels of `eval` and substitution, for the prefix of `set -x`. */
  traceDepth = 0;
  /** Status of the last command substitution of the running command; undefined: none. */
  substitutionStatus: number | undefined;
  /** Ends of `<(...)` and `>(...)` that are open for the running command. */
  openSubstitutions: number[] = [];

  // What it started.
  jobs = new JobTable();
  /**
   * The process is a stage of a pipeline or a background command: its words still see the jobs of the shell
   * before it, the function or builtin that it runs does not.
   */
  standsApart: "pipeline" | "background" | undefined;
  /** Statuses of children that are no longer in the table, for `wait PID`. */
  readonly endedChildren = new Map<number, number>();
  /** Edits the lines of an interactive shell; undefined where none are edited. */
  editor: LineEditor | undefined;
  /** The terminal that job control hands over; undefined without job control. */
  terminal: number | undefined;

  constructor(init: {
    sys: Sys;
    interpreter: Interpreter;
    builtins: ReadonlyMap<string, Builtin>;
    name: string;
    parent?: Shell;
  }) {
    const { parent } = init;
    this.sys = init.sys;
    this.interpreter = init.interpreter;
    this.builtins = init.builtins;
    this.name = init.name;
    this.output = new Output(init.sys);
    this.mainPid = parent?.mainPid ?? init.sys.pid;
    this.startTime = parent?.startTime ?? (init.sys.clock_gettime(1) as bigint);
    this.variables = parent ? parent.variables.fork(this) : new Variables(this);
    this.options = parent ? { ...parent.options } : defaultSetOptions();
    this.shopt = parent ? { ...parent.shopt } : defaultShoptOptions();
    this.source = parent?.source ?? new Source("", init.name);
  }

  /** The state of a subshell, as it is now; `attach` gives it its process. */
  fork(): Shell {
    const { sys, interpreter, builtins, name } = this;
    const child = new Shell({ sys, interpreter, builtins, name, parent: this });
    child.isInteractive = this.isInteractive;
    child.isLogin = this.isLogin;
    child.readsCommandString = this.readsCommandString;
    child.readsStandardInput = this.readsStandardInput;
    child.subshellDepth = this.subshellDepth + 1;
    child.positional = this.positional;
    child.functions = this.functions.fork();
    child.aliases = this.aliases.fork();
    child.disabledBuiltins = this.disabledBuiltins.fork();
    child.hashed = this.hashed.fork();
    child.cwd = this.cwd;
    child.scriptName = this.scriptName;
    child.secondsOffset = this.secondsOffset;
    child.directoryStack = this.directoryStack;
    child.history = this.history.fork();
    child.getopts = this.getopts;
    child.commandNumber = this.commandNumber;
    child.editor = this.editor;
    child.completions = this.completions.fork();
    child.status = this.status;
    child.lastArgument = this.lastArgument;
    child.lastBackgroundPid = this.lastBackgroundPid;
    child.pipeStatus = this.pipeStatus;
    child.jobs = this.jobs.fork();
    child.frames.push(...this.frames);
    child.position = this.position;
    child.conditionDepth = this.conditionDepth;
    child.callDepth = this.callDepth;
    child.separators = this.separators;
    child.hasByteLocale = this.hasByteLocale;
    child.traceDepth = this.traceDepth;
    return child;
  }

  attach(sys: Sys): void {
    this.sys = sys;
    this.output = new Output(sys);
  }

  /** $LINENO */
  get line(): number {
    return this.source.line(this.position);
  }

  /** Writes all of `text`; throws ShellError `write error: ...`. */
  write(fd: number, text: string): void | Promise<void> {
    return this.output.write(fd, text);
  }

  /** Prints `bash: line N: message` on standard error. */
  warn(message: string): void {
    this.output.warn(`${this.errorPrefix()}${message}\n`);
  }

  /** Prints `bash: line N: BUILTIN: message` on standard error. */
  complain(message: string): void {
    this.warn(this.runningBuiltin ? `${this.runningBuiltin}: ${message}` : message);
  }

  /** Prints an error for which the rest of the line is not run. */
  failLine(message: string): never {
    this.complain(message);
    throw new Abandon(1);
  }

  errorPrefix(): string {
    if (this.isInteractive) return `${this.name}: `;
    const name = this.frames.at(-1)?.source.name ?? this.name;
    return `${name}: line ${this.line}: `;
  }

  evaluate(text: string): number | Promise<number> {
    return this.interpreter.evaluate(this, text);
  }

  handleSignals(): Promise<void> {
    return this.interpreter.handleSignals(this);
  }

  expandText(text: string): string | Promise<string> {
    return this.interpreter.expandText(this, text);
  }

  callFunction(target: ShellFunction, args: readonly string[]): number | Promise<number> {
    return this.interpreter.callFunction(this, target, args);
  }

  readElement(name: string, subscript: string): string | undefined {
    return this.interpreter.readElement(this, name, subscript);
  }

  writeElement(name: string, subscript: string, text: string): void {
    this.interpreter.writeElement(this, name, subscript, text);
  }

  evaluateInteger(text: string): string {
    return this.interpreter.evaluateInteger(this, text);
  }

  assigned(name: string): void {
    if (this.interpreter.isWatched(name)) this.interpreter.assigned(this, name);
  }
}
