/**
 * Finds what refers to some names of a module's top level, with every scope in between looked at.
 * ECMA-262, 9.1 (Environment Records), for strict code.
 */
import {
  child,
  children,
  forEachChild,
  forEachOperand,
  forEachTarget,
  type Node,
  nameOf,
  optionalChild,
} from "./syntax-tree.ts";

export interface Reference {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** What is called or tagged: it must not become the receiver of a method call. */
  readonly isCallee: boolean;
  /** `{ name }`: the property's name must stay. */
  readonly isShorthand: boolean;
  /** Whether a statement of a list begins here: what is put in front could continue the one before. */
  readonly beginsStatement: boolean;
}

export function findReferences(program: Node, names: ReadonlySet<string>): Reference[] {
  return new Finder(names).find(program);
}

type Scope = Set<string>;

class Finder {
  readonly #names: ReadonlySet<string>;
  readonly #found: Reference[] = [];
  /** Which of the names each scope around the node declares itself; the innermost last. */
  readonly #scopes: Scope[] = [];
  readonly #statementStarts = new Set<number>();

  constructor(names: ReadonlySet<string>) {
    this.#names = names;
  }

  find(program: Node): Reference[] {
    this.#statements(children(program, "body"));
    return this.#found;
  }

  readonly #walk = (node: Node): void => {
    switch (node.type) {
      case "Identifier":
        this.#refer(node);
        return;
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ArrowFunctionExpression":
        this.#function(node);
        return;
      case "ClassDeclaration":
      case "ClassExpression":
        this.#class(node);
        return;
      case "BlockStatement":
      case "StaticBlock":
        this.#block(node, "body");
        return;
      case "SwitchStatement":
        this.#switch(node);
        return;
      case "ForStatement":
      case "ForInStatement":
      case "ForOfStatement":
        this.#scoped(this.#lexicalNames(this.#loopDeclarations(node)), () =>
          forEachChild(node, this.#walk),
        );
        return;
      case "CatchClause":
        this.#catch(node);
        return;
      case "VariableDeclarator":
        this.#declarator(node);
        return;
      case "CallExpression":
        this.#callee(child(node, "callee"));
        for (const argument of children(node, "arguments")) this.#walk(argument);
        return;
      case "TaggedTemplateExpression":
        this.#callee(child(node, "tag"));
        this.#walk(child(node, "quasi"));
        return;
      case "Property":
        if (!node["shorthand"]) break;
        this.#shorthand(node);
        return;
    }
    forEachOperand(node, this.#walk);
  };

  #refer(node: Node, kind: { isCallee?: boolean; isShorthand?: boolean } = {}): void {
    const name = nameOf(node);
    if (!this.#names.has(name) || this.#scopes.some((scope) => scope.has(name))) return;
    this.#found.push({
      ...{ name, start: node.start, end: node.end },
      isCallee: kind.isCallee ?? false,
      isShorthand: kind.isShorthand ?? false,
      beginsStatement: this.#statementStarts.has(node.start),
    });
  }

  #callee(node: Node): void {
    if (node.type === "Identifier") this.#refer(node, { isCallee: true });
    else this.#walk(node);
  }

  #shorthand(node: Node): void {
    const value = child(node, "value");
    const isDefault = value.type === "AssignmentPattern";
    const target = isDefault ? child(value, "left") : value;
    this.#refer(target, { isShorthand: true });
    if (isDefault) this.#walk(child(value, "right"));
  }

  #function(node: Node): void {
    const own = new Set<string>();
    const name = optionalChild(node, "id");
    if (node.type === "FunctionExpression" && name) this.#declare(own, name);
    const parameters = children(node, "params");
    for (const parameter of parameters) this.#declareTargets(own, parameter);
    const body = child(node, "body");
    const vars = new Set<string>();
    if (body.type === "BlockStatement") this.#collectVars(body, vars);
    this.#scoped(own, () => {
      for (const parameter of parameters) this.#pattern(parameter);
      this.#scoped(vars, () => this.#walk(body));
    });
  }

  #class(node: Node): void {
    const own = new Set<string>();
    const name = optionalChild(node, "id");
    if (name) this.#declare(own, name);
    this.#scoped(own, () => {
      const parent = optionalChild(node, "superClass");
      if (parent) this.#walk(parent);
      this.#walk(child(node, "body"));
    });
  }

  #block(node: Node, key: string): void {
    const statements = children(node, key);
    const own = this.#lexicalNames(statements);
    if (node.type === "StaticBlock")
      for (const statement of statements) this.#collectVars(statement, own);
    this.#scoped(own, () => this.#statements(statements));
  }

  #switch(node: Node): void {
    this.#walk(child(node, "discriminant"));
    const cases = children(node, "cases");
    const statements = cases.flatMap((entry) => children(entry, "consequent"));
    this.#scoped(this.#lexicalNames(statements), () => {
      for (const entry of cases) {
        const test = optionalChild(entry, "test");
        if (test) this.#walk(test);
        this.#statements(children(entry, "consequent"));
      }
    });
  }

  #catch(node: Node): void {
    const own = new Set<string>();
    const parameter = optionalChild(node, "param");
    if (parameter) this.#declareTargets(own, parameter);
    this.#scoped(own, () => {
      if (parameter) this.#pattern(parameter);
      this.#walk(child(node, "body"));
    });
  }

  #declarator(node: Node): void {
    this.#pattern(child(node, "id"));
    const value = optionalChild(node, "init");
    if (value) this.#walk(value);
  }

  /** Names that a pattern binds are shadowed already, so only its defaults and keys can refer. */
  #pattern(node: Node): void {
    if (node.type !== "Identifier") this.#walk(node);
  }

  #statements(statements: readonly Node[]): void {
    for (const statement of statements) {
      if (statement.type === "ExpressionStatement") this.#statementStarts.add(statement.start);
      this.#walk(statement);
    }
  }

  #scoped(own: Scope, walk: () => void): void {
    if (own.size === 0) {
      walk();
      return;
    }
    this.#scopes.push(own);
    walk();
    this.#scopes.pop();
  }

  #loopDeclarations(node: Node): readonly Node[] {
    const declaration = optionalChild(node, node.type === "ForStatement" ? "init" : "left");
    return declaration ? [declaration] : [];
  }

  #lexicalNames(statements: readonly Node[]): Scope {
    const own = new Set<string>();
    for (const statement of statements) {
      const { type } = statement;
      if (type === "VariableDeclaration" && statement["kind"] !== "var") {
        for (const declarator of children(statement, "declarations")) {
          this.#declareTargets(own, child(declarator, "id"));
        }
      } else if (type === "FunctionDeclaration" || type === "ClassDeclaration") {
        this.#declare(own, child(statement, "id"));
      }
    }
    return own;
  }

  /** The `var`s of a function, wherever they stand in it. */
  #collectVars(node: Node, own: Scope): void {
    if (/Function|^Class/.test(node.type)) return;
    if (node.type === "VariableDeclaration" && node["kind"] === "var") {
      for (const declarator of children(node, "declarations")) {
        this.#declareTargets(own, child(declarator, "id"));
      }
    }
    if (/Expression$|^Literal$|^Identifier$/.test(node.type)) return;
    forEachChild(node, (below) => this.#collectVars(below, own));
  }

  #declareTargets(own: Scope, pattern: Node): void {
    forEachTarget(pattern, (identifier) => this.#declare(own, identifier));
  }

  #declare(own: Scope, identifier: Node): void {
    const name = nameOf(identifier);
    if (this.#names.has(name)) own.add(name);
  }
}
