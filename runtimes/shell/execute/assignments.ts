/** `x=1`, `a[i]+=2`, `a=(...)`: the assignments of a command, in order. */
import { type ArrayValue, type Assignment, parse, type Word } from "unbash";
import { AssociativeArray, IndexedArray } from "../arrays.ts";
import { ShellError } from "../errors.ts";
import { quoteSingle } from "../quote.ts";
import type { Shell } from "../state.ts";
import { chain, drive, type MaybePromise, type Task } from "../task.ts";
import { Attribute, type Variable } from "../variable.ts";
import { absoluteIndex, evaluate } from "../words/arithmetic-values.ts";
import { type CompiledWord, compilePlain, compileValue, compileWord } from "../words/compile.ts";
import { expandFields, expandTemplate, expandText } from "../words/expand.ts";
import { failExpansion } from "../words/failures.ts";
import { isAssociative } from "../words/parameters.ts";
import { evaluateSubscript } from "../words/subscripts.ts";
import { traceWords } from "./trace.ts";

/** Makes one assignment. Throws ShellError where the variable is read-only. */
export function assign(shell: Shell, node: Assignment): MaybePromise<void> {
  const { name, index, value, append } = node;
  if (value.type === "ArrayValue" && index) {
    throw new ShellError(`${name}[${index.text}]: cannot assign list to array member`);
  }
  if (value.type === "ArrayValue") return drive(assignArray(shell, name, value, append === true));
  const word = compileValue(value);
  if (index) return drive(assignElement(shell, node, index, word));
  return chain(expandText(shell, word), (text) => {
    const result = append ? appended(shell, name, text) : text;
    if (!shell.options.xtrace) return void shell.variables.set(name, result);
    return chain(traceAssignment(shell, node, text), () => shell.variables.set(name, result));
  });
}

/** What `name+=text` sets the variable to. */
export function appended(shell: Shell, name: string, text: string): string {
  const old = shell.variables.get(name) ?? "";
  const variable = shell.variables.find(name);
  if (!variable?.has(Attribute.INTEGER)) return old + text;
  return String(BigInt(evaluate(shell, old)) + BigInt(evaluate(shell, text)));
}

/** `name=text` as `set -x` shows it. */
export function traceAssignment(shell: Shell, node: Assignment, text: string): MaybePromise<void> {
  const left = node.text.slice(0, node.value.pos - node.pos);
  const shown = /[^A-Za-z0-9_%+,./:=@^~-]/u.test(text)
    ? `'${text.replaceAll("'", "'\\''")}'`
    : text;
  return traceWords(shell, [left + shown], true);
}

function* assignElement(
  shell: Shell,
  node: Assignment,
  index: Word,
  value: CompiledWord,
): Task<void> {
  const { name, append } = node;
  const target = shell.variables.resolve(name);
  if (target?.subscript !== undefined)
    throw new ShellError(`\`${target.name}[${target.subscript}]': not a valid identifier`);
  const subscript = isAssociative(shell, name)
    ? expandText(shell, compileWord(index))
    : expandTemplate(shell, index.text, "arithmetic");
  const key: string = typeof subscript === "string" ? subscript : yield subscript;
  const expanded = expandText(shell, value);
  const text: string = typeof expanded === "string" ? expanded : yield expanded;
  setElement(shell, name, key, index.text, text, append === true);
  if (shell.options.xtrace) {
    const traced = traceAssignment(shell, node, text);
    if (traced instanceof Promise) yield traced;
  }
}

/** `name[subscript]=text`, the subscript expanded. */
export function setElement(
  shell: Shell,
  name: string,
  subscript: string,
  written: string,
  text: string,
  append: boolean,
): void {
  const target = shell.variables.resolve(name)?.name ?? name;
  const key = evaluateSubscript(shell, target, subscript, written);
  const place = typeof key === "number" ? absoluteIndex(shell, target, key, written) : key;
  const old = append ? elementOf(shell, target, place) : undefined;
  shell.variables.setElement(
    target,
    place,
    old === undefined ? text : joined(shell, target, old, text),
  );
}

function elementOf(shell: Shell, name: string, key: string | number): string | undefined {
  const value = shell.variables.value(name);
  if (value instanceof AssociativeArray) return value.get(String(key));
  if (value instanceof IndexedArray) return value.get(Number(key));
  return key === 0 ? value : undefined;
}

function joined(shell: Shell, name: string, old: string, text: string): string {
  if (!shell.variables.find(name)?.has(Attribute.INTEGER)) return old + text;
  return String(BigInt(evaluate(shell, old)) + BigInt(evaluate(shell, text)));
}

/** `name=(...)` and `name+=(...)`. */
export function* assignArray(
  shell: Shell,
  name: string,
  node: ArrayValue,
  append: boolean,
  isDeclared = false,
): Task<void> {
  const target = shell.variables.resolve(name)?.name ?? name;
  const keepsTildes = isAssociative(shell, target);
  const elements: Element[] = yield* expandElements(shell, node.elements, keepsTildes);
  const variable = shell.variables.writable(target);
  if (variable.has(Attribute.NAMEREF)) {
    shell.warn(`warning: ${target}: removing nameref attribute`);
    shell.variables.setAttributes(target, 0, Attribute.NAMEREF);
    variable.value = undefined;
  }
  const hasKeys = variable.has(Attribute.ASSOCIATIVE);
  if (hasKeys) fillAssociative(shell, variable, elements, append);
  else fillIndexed(shell, variable, elements, append);
  if (shell.options.xtrace) {
    const shown = isDeclared ? elements.map(quoteElement) : node.elements.map(({ text }) => text);
    const text = `${name}${append ? "+" : ""}=(${shown.join(" ")})`;
    const traced = traceWords(shell, [text], true);
    if (traced instanceof Promise) yield traced;
  }
}

/** A declaration shows its elements as they were expanded. */
function quoteElement(element: Element): string {
  const value = quoteSingle(element.value);
  if (element.kind === "value") return value;
  return `[${element.written}]${element.append ? "+" : ""}=${value}`;
}

/** A value on its own, or one with its subscript. */
type Element =
  | { readonly kind: "value"; readonly value: string }
  | {
      readonly kind: "keyed";
      readonly subscript: string;
      readonly written: string;
      readonly value: string;
      readonly append: boolean;
    };

const keyed = new WeakMap<Word, Assignment | false>();

/** `[key]=value` as an assignment to an element; undefined for any other word. */
function keyedElement(word: Word): Assignment | undefined {
  if (!word.text.startsWith("[")) return undefined;
  let result = keyed.get(word);
  if (result === undefined) {
    const command = parse(`a${word.text}`).commands[0]?.command;
    const assignment = command?.type === "Command" && !command.name ? command.prefix[0] : undefined;
    result = assignment?.type === "Assignment" && assignment.index ? assignment : false;
    keyed.set(word, result);
  }
  return result || undefined;
}

function* expandElements(
  shell: Shell,
  words: readonly Word[],
  keepsTildes: boolean,
): Task<Element[]> {
  const elements: Element[] = [];
  for (const element of words) {
    const assignment = keyedElement(element);
    if (!assignment?.index || assignment.value.type === "ArrayValue") {
      const fields = expandFields(shell, [compileWord(element)]);
      const values: readonly string[] = fields instanceof Promise ? yield fields : fields;
      for (const value of values) elements.push({ kind: "value", value });
      continue;
    }
    const subscript = expandText(shell, compileWord(assignment.index));
    const key: string = typeof subscript === "string" ? subscript : yield subscript;
    const word = keepsTildes ? compilePlain(assignment.value) : compileValue(assignment.value);
    const text = expandText(shell, word);
    const value: string = typeof text === "string" ? text : yield text;
    const append = assignment.append === true;
    elements.push({ kind: "keyed", subscript: key, written: assignment.index.text, value, append });
  }
  return elements;
}

function fillIndexed(
  shell: Shell,
  variable: Variable,
  elements: readonly Element[],
  append: boolean,
): void {
  const { variables } = shell;
  const array = append ? arrayToExtend(variable) : new IndexedArray();
  if (append) variables.grewBy(elements);
  let next = append ? array.last + 1 : 0;
  // Subscripts are evaluated with the array as it grows: a=([0]=1 [a[0]]=2).
  if (!append) variables.setArray(variable.name, array);
  for (const element of elements) {
    if (element.kind === "value") array.set(next++, variables.transform(variable, element.value));
    else {
      const index = Number(
        evaluateSubscript(shell, variable.name, element.subscript, element.written),
      );
      const at = absoluteIndex(shell, variable.name, index, element.written);
      const old = element.append ? array.get(at) : undefined;
      const text =
        old === undefined ? element.value : joined(shell, variable.name, old, element.value);
      array.set(at, variables.transform(variable, text));
      next = at + 1;
    }
  }
  variables.setArray(variable.name, array);
}

function arrayToExtend(variable: Variable): IndexedArray {
  const { value } = variable;
  if (value instanceof IndexedArray) return value;
  return IndexedArray.of(typeof value === "string" ? [value] : []);
}

function fillAssociative(
  shell: Shell,
  variable: Variable,
  elements: readonly Element[],
  append: boolean,
): void {
  const { variables } = shell;
  const old = variable.value;
  const array = append && old instanceof AssociativeArray ? old : new AssociativeArray();
  if (array === old) variables.grewBy(elements);
  const isKeyed = elements[0]?.kind === "keyed";
  for (let number = 0; number < elements.length; number++) {
    const element = elements[number] as Element;
    if (element.kind === "keyed") {
      if (element.subscript === "")
        failExpansion(
          shell,
          `${variable.name}: [${element.written}]=${element.value}: bad array subscript`,
        );
      const before = element.append && append ? array.get(element.subscript) : undefined;
      const text =
        before === undefined ? element.value : joined(shell, variable.name, before, element.value);
      array.set(element.subscript, variables.transform(variable, text));
    } else if (isKeyed) {
      shell.warn(
        `${variable.name}: ${element.value}: must use subscript when assigning associative array`,
      );
    } else {
      const value = elements[++number];
      const text = value?.kind === "value" ? value.value : "";
      array.set(element.value, variables.transform(variable, text));
    }
  }
  variables.setArray(variable.name, array);
}
