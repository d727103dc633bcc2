/**
 * What the module transform needs of a parser: a tree as ESTree has it, and how to walk it. The parser is
 * handed in: in a guest it is the acorn that `lib/` bundles.
 */

export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** Parses a module; throws a SyntaxError that has `pos`, an offset, where the text is none. */
export type ParseModule = (source: string) => Node;

/** The nodes directly below `node`, in the order of the text's properties. */
export function forEachChild(node: Node, visit: (child: Node) => void): void {
  for (const key in node) {
    const value = node[key];
    if (value === null || typeof value !== "object") continue;
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) visit(item);
    } else if (isNode(value)) visit(value);
  }
}

/**
 * Those of them that are evaluated, bound or assigned to: not the names of properties and labels, nor what
 * modules call their bindings among each other.
 */
export function forEachOperand(node: Node, visit: (child: Node) => void): void {
  switch (node.type) {
    case "Identifier":
    case "Literal":
    case "TemplateElement":
    case "BreakStatement":
    case "ContinueStatement":
    case "MetaProperty":
    case "ImportDeclaration":
    case "ExportAllDeclaration":
      return;
    case "MemberExpression":
      visit(child(node, "object"));
      if (node["computed"]) visit(child(node, "property"));
      return;
    case "Property":
    case "MethodDefinition":
    case "PropertyDefinition":
      if (node["computed"]) visit(child(node, "key"));
      if (node["value"]) visit(child(node, "value"));
      return;
    case "LabeledStatement":
      visit(child(node, "body"));
      return;
    case "ExportNamedDeclaration":
      if (node["declaration"]) visit(child(node, "declaration"));
      return;
  }
  forEachChild(node, visit);
}

export function child(node: Node, key: string): Node {
  return node[key] as Node;
}

export function optionalChild(node: Node, key: string): Node | undefined {
  return (node[key] ?? undefined) as Node | undefined;
}

export function children(node: Node, key: string): readonly Node[] {
  return (node[key] ?? []) as readonly Node[];
}

/** The name that an identifier or a string literal stands for: `a` and `"a"` in `export { a as "a" }`. */
export function nameOf(node: Node): string {
  return (node.type === "Literal" ? node["value"] : node["name"]) as string;
}

/** Calls `visit` with every identifier that a pattern binds or assigns to. */
export function forEachTarget(pattern: Node | null, visit: (identifier: Node) => void): void {
  switch (pattern?.type) {
    case "Identifier":
      visit(pattern);
      return;
    case "ObjectPattern":
      for (const property of children(pattern, "properties")) {
        const isRest = property.type === "RestElement";
        forEachTarget(child(property, isRest ? "argument" : "value"), visit);
      }
      return;
    case "ArrayPattern":
      for (const element of children(pattern, "elements")) forEachTarget(element, visit);
      return;
    case "AssignmentPattern":
      forEachTarget(child(pattern, "left"), visit);
      return;
    case "RestElement":
      forEachTarget(child(pattern, "argument"), visit);
      return;
    case "ParenthesizedExpression":
      forEachTarget(child(pattern, "expression"), visit);
      return;
  }
}

function isNode(value: unknown): value is Node {
  return typeof (value as Node | null)?.type === "string";
}
