/**
 * The state of one shell process: everything that the interpreter, word expansion and the builtins read
 * and change. A subshell has a copy of it (`fork`) that shares what neither has changed since.
 */
import type { Sys } from "../../kernel/index.ts";
import type { Builtin } from "./builtin.ts";
import { CowMap } from "./cow-map.ts";
import type { Frame, ShellFunction } from "./functions.ts";
import { JobTable } from "./job-table.ts";
import { Output } from "./output.ts";
import {
  defaultSetOptions,
  defaultShoptOptions,
  type SetOptions,
  type ShoptOptions,
} from "./settings.ts";
import { Source } from "./source.ts";
import { Variables } from "./variables.ts";

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
  /** Expands parameters, commands and arithmetic in `text` as between double quotes (prompts). */
  expandText(shell: Shell, text: string): string | Promise<string>;
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
  readonly sys: Sys;
  readonly interpreter: Interpreter;
  readonly builtins: ReadonlyMap<string, Builtin>;
  readonly output: Output;

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
  /** Builtins that `enable -n` put out of use. */
  disabledBuiltins = new CowMap<string, true>();
  /** Full paths of commands found in PATH. */
  hashed = new CowMap<string, { path: string; hits: number }>();
  /** The working directory as PWD has it, symbolic links kept. */
  cwd = "/";
  /** What `pushd` put aside, the nearest first; the working directory itself is not in it. */
  directoryStack: readonly string[] = [];
  history: string[] = [];

  // Where it is.
  /** $? */
  status = 0;
  /** $_ */
  lastArgument = "";
  /** $!; undefined before the first background command. */
  lastBackgroundPid: number | undefined;
  pipeStatus: readonly number[] = [0];
  readonly frames: Frame[] = [];
  source: Source;
  /** Of the command that runs, in `source`. */
  position = 0;
  loopDepth = 0;
  jump: Jump | undefined;
  /** Depth of what ignores a failure under errexit: conditions, `!`, all but the last of && and ||. */
  conditionDepth = 0;
  /** The name of the builtin that runs. */
  runningBuiltin: string | undefined;

  // What it started.
  jobs = new JobTable();

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

  /** The state of a subshell that runs as another process. */
  fork(sys: Sys): Shell {
    const { interpreter, builtins, name } = this;
    const child = new Shell({ sys, interpreter, builtins, name, parent: this });
    child.isInteractive = this.isInteractive;
    child.isLogin = this.isLogin;
    child.readsCommandString = this.readsCommandString;
    child.readsStandardInput = this.readsStandardInput;
    child.subshellDepth = this.subshellDepth + 1;
    child.positional = this.positional;
    child.functions = this.functions.fork();
    child.aliases = this.aliases.fork();
    child.traps = this.traps.fork();
    child.disabledBuiltins = this.disabledBuiltins.fork();
    child.hashed = this.hashed.fork();
    child.cwd = this.cwd;
    child.directoryStack = this.directoryStack;
    child.history = this.history;
    child.status = this.status;
    child.lastArgument = this.lastArgument;
    child.lastBackgroundPid = this.lastBackgroundPid;
    child.pipeStatus = this.pipeStatus;
    child.frames.push(...this.frames);
    child.position = this.position;
    child.loopDepth = this.loopDepth;
    child.conditionDepth = this.conditionDepth;
    return child;
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

  errorPrefix(): string {
    if (this.isInteractive && this.frames.length === 0) return `${this.name}: `;
    const name = this.frames.at(-1)?.source.name ?? this.name;
    return `${name}: line ${this.line}: `;
  }

  evaluate(text: string): number | Promise<number> {
    return this.interpreter.evaluate(this, text);
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
