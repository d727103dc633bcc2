/** Makes of a script one that declares its variables in the object that it runs `with`: scope-context.ts. */
import { applyEdits, type Edit } from "../../../node/modules/edits.ts";
import {
  child,
  children,
  forEachChild,
  forEachTarget,
  type Node,
} from "../../../node/modules/syntax-tree.ts";

/** Throws where the text is no script. */
export type ParseScript = (source: string) => Node;

export interface Prepared {
  readonly source: string;
  /** Names that it declares as variables. */
  readonly variables: ReadonlySet<string>;
  /** Names that it assigns to or asks the type of, which need not be there. */
  readonly lenient: ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();
/** Of a declaration in a script's top level, to the same length. */
const AS_VARIABLE: Readonly<Record<string, string>> = { let: "var", const: "var  " };

/**
 * The same script with variables for what it declares by `let`, `const` and `class`, which no eval keeps;
 * but not for names that no variable can take.
 */
export function withVariables(
  source: string,
  parse: ParseScript,
  isTaken: (name: string) => boolean,
): string {
  if (!/\b(?:let|const|class)\b/.test(source)) return source;
  try {
    const statements = children(parse(source), "body").filter(
      (statement) =>
        statement.type !== "VariableDeclaration" ||
        !bindings(statement).some(({ name }) => isTaken(name)),
    );
    return applyEdits(source, statements.flatMap(asVariable));
  } catch {
    return source;
  }
}

/** `declare` is called with a name and a function that reads it. */
export function prepareScript(source: string, declare: string, parse: ParseScript): Prepared {
  let tree: Node;
  try {
    tree = parse(source);
  } catch {
    // The engine has the better error.
    return { source, variables: NONE, lenient: NONE };
  }
  const body = children(tree, "body");
  const variables = new Set<string>();
  const lenient = new Set<string>();
  const edits: Edit[] = body.flatMap(asVariable);
  const functions: string[] = [];
  for (const statement of body) {
    const { type } = statement;
    if (type === "FunctionDeclaration") functions.push(nameOf(statement));
    else if (type === "ClassDeclaration") variables.add(nameOf(statement));
    else if (type === "VariableDeclaration") {
      for (const { name } of bindings(statement)) variables.add(name);
    }
  }
  collect(tree, variables, lenient);
  const directives = body.filter((statement) => typeof statement["directive"] === "string");
  const isStrict = directives.some((statement) => statement["directive"] === "use strict");
  const handOver = (names: Iterable<string>) =>
    [...names].map((name) => `${declare}(${JSON.stringify(name)}, () => ${name});`).join("");
  const after = directives.at(-1)?.end ?? 0;
  edits.push({ start: after, end: after, text: (after > 0 ? ";" : "") + handOver(functions) });
  const text = applyEdits(source, functions.length === 0 ? edits.slice(0, -1) : edits);
  // A strict script keeps its variables to itself. What is declared last leaves the script's value alone.
  const kept = isStrict && variables.size > 0 ? `\nvar isopodKept = ${list(variables)};` : "";
  return { source: text + kept, variables, lenient };

  function list(names: Iterable<string>): string {
    return `[${[...names].map((name) => `${declare}(${JSON.stringify(name)}, () => ${name})`)}]`;
  }
}

function asVariable(statement: Node): Edit[] {
  const { type, start } = statement;
  if (type === "ClassDeclaration") {
    return [{ start, end: start, text: `var ${nameOf(statement)} = ` }];
  }
  const kind = type === "VariableDeclaration" ? (statement["kind"] as string) : "";
  const text = AS_VARIABLE[kind];
  return text === undefined ? [] : [{ start, end: start + kind.length, text }];
}

/** Variables of blocks and loops, which are the script's too, and what is assigned to anywhere. */
function collect(node: Node, variables: Set<string>, lenient: Set<string>, isInside = false): void {
  const add = (target: Node) => lenient.add(target["name"] as string);
  switch (node.type) {
    case "VariableDeclaration":
      if (!isInside && node["kind"] === "var") {
        for (const { name } of bindings(node)) variables.add(name);
      }
      break;
    case "AssignmentExpression":
      forEachTarget(child(node, "left"), add);
      break;
    case "ForInStatement":
    case "ForOfStatement":
      forEachTarget(child(node, "left"), add);
      break;
    case "UpdateExpression":
      forEachTarget(child(node, "argument"), add);
      break;
    case "UnaryExpression":
      if (node["operator"] === "typeof") forEachTarget(child(node, "argument"), add);
      break;
  }
  const inside = isInside || /Function|^Class/.test(node.type);
  forEachChild(node, (each) => collect(each, variables, lenient, inside));
}

function bindings(declaration: Node): { name: string }[] {
  const found: { name: string }[] = [];
  for (const declarator of children(declaration, "declarations")) {
    forEachTarget(child(declarator, "id"), (target) =>
      found.push({ name: target["name"] as string }),
    );
  }
  return found;
}

function nameOf(declaration: Node): string {
  return child(declaration, "id")["name"] as string;
}
