/**
 * What a script declares in its global scope by `var` and `function`. V8 makes properties of these that
 * nobody can replace, unless there are some of the same name already: contexts.ts has to know them before.
 */
import type { Engine } from "./engine.ts";
import { child, children, forEachChild, forEachTarget, type Node } from "./modules/syntax-tree.ts";

export interface Declared {
  readonly variables: readonly string[];
  readonly functions: readonly string[];
}

const NOTHING: Declared = { variables: [], functions: [] };
/** Characters of source that are read for it: a parser is slow. */
const MAX_LENGTH = 262_144;
/** One expression in parentheses, as loaders and bundlers write it, declares nothing. */
const EXPRESSION = /^\s*[!(][\s\S]*\)[\s;]*$/;

export function declaredIn(
  source: string,
  engine: Engine,
  parse: (source: string) => Node,
): Declared {
  if (!/\b(?:var|function)\b/.test(source)) return NOTHING;
  if (source.length > MAX_LENGTH || EXPRESSION.test(source)) return NOTHING;
  const note = engine.remember("declared", source, () => JSON.stringify(read(source, parse)));
  return JSON.parse(note) as Declared;
}

function read(source: string, parse: (source: string) => Node): Declared {
  let tree: Node;
  try {
    tree = parse(source);
  } catch {
    return NOTHING;
  }
  const variables = new Set<string>();
  const functions = new Set<string>();
  for (const statement of children(tree, "body")) {
    if (statement.type === "FunctionDeclaration") {
      functions.add(child(statement, "id")["name"] as string);
    } else collect(statement, variables);
  }
  for (const name of functions) variables.delete(name);
  return { variables: [...variables], functions: [...functions] };
}

function collect(node: Node, variables: Set<string>): void {
  if (/Function|^Class/.test(node.type)) return;
  if (node.type === "VariableDeclaration" && node["kind"] === "var") {
    for (const declarator of children(node, "declarations")) {
      forEachTarget(child(declarator, "id"), (target) => variables.add(target["name"] as string));
    }
  }
  forEachChild(node, (each) => collect(each, variables));
}
