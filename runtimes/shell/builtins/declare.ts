/**
 * `declare`, `typeset`, `local`, `export`, `readonly`: attributes and values of variables, attributes
 * of functions. Compound values `a=(...)` were assigned before, where they are syntax.
 *
 * @see https://www.gnu.org/software/bash/manual/html_node/Bash-Builtins.html#index-declare
 */
import { parse } from "unbash";
import { findSubscriptEnd } from "../arithmetic/parse.ts";
import type { BuiltinTable } from "../builtin.ts";
import { ShellError } from "../errors.ts";
import { appended, assignArray, setElement } from "../execute/assignments.ts";
import { quoteTraced, traceWords } from "../execute/trace.ts";
import type { Shell } from "../state.ts";
import { chain, drive, type MaybePromise, type Task } from "../task.ts";
import { ARRAY, Attribute, type Variable } from "../variable.ts";
import { type Options, parseOptions } from "./arguments.ts";
import { declareFunction } from "./declare-function.ts";
import { printFunctions, printVariables } from "./declare-list.ts";

const DECLARE = "[-aAfFgiIlnrtux] [name[=value] ...] or declare -p [-aAfFilnrtux] [name ...]";

export const declareBuiltins: BuiltinTable = {
  declare: { run: (shell, args) => run(shell, args, "declare"), declares: true, synopsis: DECLARE },
  typeset: {
    run: (shell, args) => run(shell, args, "declare"),
    declares: true,
    synopsis: "[-aAfFgiIlnrtux] name[=value] ... or typeset -p [-aAfFilnrtux] [name ...]",
  },
  local: {
    run: (shell, args) => run(shell, args, "local"),
    declares: true,
    synopsis: "[option] name[=value] ...",
  },
  export: {
    run: (shell, args) => run(shell, args, "export"),
    special: true,
    declares: true,
    synopsis: "[-fn] [name[=value] ...] or export -p",
  },
  readonly: {
    run: (shell, args) => run(shell, args, "readonly"),
    special: true,
    declares: true,
    synopsis: "[-aAf] [name[=value] ...] or readonly -p",
  },
};

export type DeclareCommand = "declare" | "local" | "export" | "readonly";

const OPTION_LETTERS: Readonly<Record<DeclareCommand, string>> = {
  declare: "+aAcfFgiIlnprtux",
  local: "+aAcfFgiIlnprtux",
  export: "fnp",
  readonly: "aAfp",
};

const LETTER_ATTRIBUTES: ReadonlyMap<string, number> = new Map([
  ["a", Attribute.INDEXED],
  ["A", Attribute.ASSOCIATIVE],
  ["c", Attribute.CAPITALIZE],
  ["i", Attribute.INTEGER],
  ["l", Attribute.LOWER],
  ["n", Attribute.NAMEREF],
  ["r", Attribute.READONLY],
  ["t", Attribute.TRACE],
  ["u", Attribute.UPPER],
  ["x", Attribute.EXPORT],
]);

const CASES = Attribute.UPPER | Attribute.LOWER | Attribute.CAPITALIZE;

/** What the options of one call ask for. */
export interface Request {
  readonly command: DeclareCommand;
  readonly options: Options;
  /** Attributes to set and to clear. */
  readonly on: number;
  readonly off: number;
}

function run(shell: Shell, args: readonly string[], command: DeclareCommand): MaybePromise<number> {
  if (command === "local" && shell.variables.functionDepth() === 0) {
    throw new ShellError("can only be used in a function");
  }
  const options = parseOptions(shell, args, OPTION_LETTERS[command]);
  const request = { command, options, ...attributesOf(options, command) };
  const isFunction = options.has("f") || options.has("F");
  const { operands } = options;
  if (isFunction && (operands.length === 0 || options.has("p") || isFunctionListing(request))) {
    return printFunctions(shell, request);
  }
  if (
    operands.length === 0 ||
    (options.has("p") && command !== "export" && command !== "readonly")
  ) {
    return printVariables(shell, request);
  }
  return drive(declareAll(shell, request, isFunction));
}

/** `declare -f name` without an attribute to change shows the function. */
function isFunctionListing({ command, on, off }: Request): boolean {
  return (command === "declare" || command === "local") && on === 0 && off === 0;
}

function attributesOf(options: Options, command: DeclareCommand): { on: number; off: number } {
  let on = command === "readonly" ? Attribute.READONLY : 0;
  let off = 0;
  if (command === "export") {
    return options.has("n") ? { on: 0, off: Attribute.EXPORT } : { on: Attribute.EXPORT, off: 0 };
  }
  for (const { letter, sign } of options.list) {
    const attribute = LETTER_ATTRIBUTES.get(letter) ?? 0;
    if (sign === "-") on |= attribute;
    else off |= attribute;
  }
  const cases = on & CASES;
  // Two ways to change the case at once cancel each other.
  if ((cases & (cases - 1)) !== 0) on &= ~CASES;
  if (cases !== 0) off |= CASES & ~on;
  return { on, off };
}

function* declareAll(shell: Shell, request: Request, isFunction: boolean): Task<number> {
  let status = 0;
  for (const operand of request.options.operands) {
    try {
      if (isFunction) {
        declareFunction(shell, request, operand);
        continue;
      }
      const pending = declareOne(shell, request, operand);
      if (pending instanceof Promise) yield pending;
    } catch (error) {
      if (!(error instanceof ShellError)) throw error;
      if (error.message.endsWith("readonly variable") && isPlainCommand(request)) {
        shell.warn(error.message);
      } else shell.complain(error.message);
      status = error.status;
    }
  }
  return status;
}

/** `export` and `readonly` fail at a read-only variable as an assignment does. */
function isPlainCommand({ command }: Request): boolean {
  return command === "export" || command === "readonly";
}

interface Operand {
  readonly name: string;
  readonly subscript: string | undefined;
  readonly value: string | undefined;
  readonly append: boolean;
}

function parseOperand(text: string): Operand {
  const invalid = (): never => {
    throw new ShellError(`\`${text}': not a valid identifier`);
  };
  const name = /^[A-Za-z_][A-Za-z0-9_]*/u.exec(text)?.[0] ?? invalid();
  let rest = text.slice(name.length);
  let subscript: string | undefined;
  if (rest.startsWith("[")) {
    const end = findSubscriptEnd(rest, 1);
    if (end < 0) return invalid();
    subscript = rest.slice(1, end);
    rest = rest.slice(end + 1);
  }
  const assignment = /^(\+?)=([\s\S]*)$/u.exec(rest);
  if (assignment === null && rest !== "") return invalid();
  return { name, subscript, value: assignment?.[2], append: assignment?.[1] === "+" };
}

function declareOne(shell: Shell, request: Request, text: string): MaybePromise<void> {
  const { command, options } = request;
  if (command === "local" && text === "-") return saveOptions(shell);
  const operand = parseOperand(text);
  const depth = shell.variables.functionDepth();
  const isLocal = command === "local" || (command === "declare" && depth > 0);
  if (isLocal && !options.has("g")) {
    makeLocal(shell, operand.name, depth, options.has("I"));
    return apply(shell, request, operand);
  }
  if (!options.has("g")) return apply(shell, request, operand);
  return shell.variables.withGlobal(operand.name, () => apply(shell, request, operand));
}

function saveOptions(shell: Shell): void {
  const frame = shell.frames.findLast(({ isFunction }) => isFunction);
  if (frame !== undefined) frame.savedOptions ??= { ...shell.options };
}

/** A local begins unset, unless it inherits or an assignment before the call gave it a value. */
function makeLocal(shell: Shell, name: string, depth: number, inherits: boolean): void {
  const { variables } = shell;
  const outer = variables.lookup(name);
  if (outer?.scope === depth && !outer.has(Attribute.TEMPORARY)) return;
  if (outer?.has(Attribute.READONLY) && outer.scope === 0) {
    throw new ShellError(`${name}: readonly variable`);
  }
  const isTemporary = outer?.has(Attribute.TEMPORARY) === true;
  const local = variables.makeLocal(name, depth);
  if (outer === undefined) return;
  local.attributes |= outer.attributes & Attribute.EXPORT;
  if (isTemporary) {
    local.value = outer.value;
  } else if (inherits || shell.shopt.localvar_inherit) {
    const { value } = outer;
    local.value = typeof value === "object" ? value.clone() : value;
    local.attributes |= outer.attributes & ~Attribute.NAMEREF;
  }
  variables.touch();
}

function apply(shell: Shell, request: Request, operand: Operand): MaybePromise<void> {
  const { off, options, command } = request;
  const isPlain = operand.value === undefined && operand.subscript === undefined;
  // Without a value, `readonly -a` makes no array.
  const on = command === "readonly" && isPlain ? request.on & ~ARRAY : request.on;
  if (operand.subscript !== undefined && (command === "readonly" || command === "export")) {
    throw new ShellError(`\`${operand.name}[${operand.subscript}]': not a valid identifier`);
  }
  const isReference = (on & Attribute.NAMEREF) !== 0;
  const clearsReference = (off & Attribute.NAMEREF) !== 0;
  // Attributes of a reference are those of what it refers to, unless -n speaks of the reference.
  const target = isReference || clearsReference ? undefined : shell.variables.resolve(operand.name);
  const name = target?.name ?? operand.name;
  const existing = shell.variables.lookup(name);
  checkConversion(existing, name, on, off);
  if (isReference) {
    const old = existing?.has(Attribute.NAMEREF) ? undefined : existing?.value;
    checkReference(operand.name, operand.value ?? (typeof old === "string" ? old : undefined));
  }
  const wantsArray = operand.subscript !== undefined && existing?.has(ARRAY) !== true;
  const kind = wantsArray && (on & ARRAY) === 0 ? Attribute.INDEXED : 0;
  const later = on & Attribute.READONLY;
  // Read-only comes last, after the value.
  shell.variables.setAttributes(name, (on & ~later) | kind, off & ~Attribute.READONLY);
  const assigned =
    operand.value === undefined
      ? undefined
      : chain(traced(shell, request, operand), () => assign(shell, request, operand, name));
  return chain(assigned, () => {
    if (later !== 0) shell.variables.setAttributes(name, later);
    if (options.has("n") && operand.value !== undefined) shell.variables.touch();
    shell.assigned(name);
  });
}

/** `export` and `readonly` show the assignments that they make once more. */
function traced(shell: Shell, { command }: Request, operand: Operand): MaybePromise<void> {
  const shows = shell.options.xtrace && (command === "export" || command === "readonly");
  if (!shows || operand.value === undefined) return undefined;
  const text = `${operand.name}${operand.append ? "+" : ""}=${quoteTraced(operand.value)}`;
  return traceWords(shell, [text], true);
}

function checkConversion(
  variable: Variable | undefined,
  name: string,
  on: number,
  off: number,
): void {
  if (variable === undefined) return;
  if (variable.has(Attribute.READONLY) && (off & (Attribute.READONLY | ARRAY)) !== 0) {
    throw new ShellError(`${name}: readonly variable`);
  }
  if (variable.has(ARRAY & off)) {
    throw new ShellError(`${name}: cannot destroy array variables in this way`);
  }
  if (variable.has(Attribute.INDEXED) && (on & Attribute.ASSOCIATIVE) !== 0) {
    throw new ShellError(`${name}: cannot convert indexed to associative array`);
  }
  if (variable.has(Attribute.ASSOCIATIVE) && (on & Attribute.INDEXED) !== 0) {
    throw new ShellError(`${name}: cannot convert associative to indexed array`);
  }
}

function checkReference(name: string, value: string | undefined): void {
  if (value === undefined || value === "") return;
  if (!/^[A-Za-z_][A-Za-z0-9_]*(?:\[[\s\S]+\])?$/u.test(value)) {
    throw new ShellError(`\`${value}': invalid variable name for name reference`);
  }
  if (value === name || value.startsWith(`${name}[`)) {
    throw new ShellError(`${name}: nameref variable self references not allowed`);
  }
}

function assign(
  shell: Shell,
  { on }: Request,
  { subscript, value = "", append }: Operand,
  name: string,
): MaybePromise<void> {
  const { variables } = shell;
  if ((on & Attribute.NAMEREF) !== 0) {
    variables.writable(name).value = value;
    return undefined;
  }
  if (subscript !== undefined) {
    setElement(shell, name, subscript, subscript, value, append);
    return undefined;
  }
  const isArray = (on & ARRAY) !== 0;
  if (isArray && value.startsWith("(") && value.endsWith(")")) {
    return assignCompound(shell, name, value, append);
  }
  variables.set(name, append ? appended(shell, name, value) : value);
  return undefined;
}

/** A compound value that came out of an expansion: `declare -a "$text"`. */
function assignCompound(
  shell: Shell,
  name: string,
  value: string,
  append: boolean,
): MaybePromise<void> {
  const command = parse(`${name}=${value}`).commands[0]?.command;
  const node = command?.type === "Command" ? command.prefix[0] : undefined;
  if (node?.type !== "Assignment" || node.value.type !== "ArrayValue") {
    shell.variables.set(name, value);
    return undefined;
  }
  return drive(assignArray(shell, name, node.value, append));
}
