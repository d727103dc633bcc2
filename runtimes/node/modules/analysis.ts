/**
 * What the linker and the rewriter must know of a module's text, found in one reading of it. Plain
 * data: it can be kept in a cache beside the text.
 * ECMA-262, 16.2.1.6 (Source Text Module Records).
 */
import type { ReadModule } from "./statement-reader.ts";
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

export interface ModuleRequest {
  readonly specifier: string;
  /** Import attributes, in the order of the text. */
  readonly attributes: readonly (readonly [key: string, value: string])[];
  /** Offset of the specifier in the text. */
  readonly position: number;
}

/** `import { imported as local } from request`; `imported` is undefined for the namespace. */
export interface ImportEntry {
  readonly request: number;
  readonly imported: string | undefined;
  readonly local: string;
  readonly position: number;
}

export interface LocalExport {
  readonly name: string;
  readonly local: string;
}

/** `export { imported as name } from request`; `imported` is undefined for the namespace. */
export interface IndirectExport {
  readonly name: string;
  readonly request: number;
  readonly imported: string | undefined;
  readonly position: number;
}

export interface ModuleAnalysis {
  readonly requests: readonly ModuleRequest[];
  readonly imports: readonly ImportEntry[];
  readonly localExports: readonly LocalExport[];
  readonly indirectExports: readonly IndirectExport[];
  /** Requests of `export * from`. */
  readonly starExports: readonly number[];
  readonly hasTopLevelAwait: boolean;
  /** Where the first `await` at the top level stands. */
  readonly awaitPosition: number;
  /** Local names that a function of the module may assign to once it is evaluated; all if undefined. */
  readonly reassigned: readonly string[] | undefined;
  /** Whether something assigns to an import, by name: only a look at the scopes can tell. */
  readonly assignsImport: boolean;
  /** Declarations to take out or to rewrite: see rewrite.ts. */
  readonly declarations: readonly Declaration[];
  readonly importMetas: readonly number[];
  readonly dynamicImports: readonly number[];
  /** `arguments` where no function has any; with the start of a `typeof` in front of it. */
  readonly outerArguments: readonly { readonly position: number; readonly typeofStart: number }[];
}

export type Declaration =
  | { readonly kind: "drop"; readonly start: number; readonly end: number }
  /** The `export` before a declaration. */
  | { readonly kind: "strip"; readonly start: number; readonly end: number }
  /** `export default function () {}`: from `export` to behind `function` or its `*`. */
  | { readonly kind: "defaultFunction"; readonly start: number; readonly end: number }
  /** `export default expression`: `end` is where the expression begins. */
  | {
      readonly kind: "defaultExpression";
      readonly start: number;
      readonly end: number;
      readonly expressionEnd: number;
      /** Where the statement ends, its semicolon included. */
      readonly statementEnd: number;
      readonly isAnonymousFunction: boolean;
    };

/** The local name of a default export that has none; rewrite.ts replaces it by one that is free. */
export const DEFAULT_LOCAL = "*default*";

export function analyzeModule(source: string, read: ReadModule): ModuleAnalysis {
  return new Analyzer(source).analyze(read);
}

class Analyzer {
  readonly #source: string;
  readonly #requests: ModuleRequest[] = [];
  readonly #requestIndex = new Map<string, number>();
  readonly #imports: ImportEntry[] = [];
  readonly #localExports: LocalExport[] = [];
  readonly #indirectExports: IndirectExport[] = [];
  readonly #starExports: number[] = [];
  readonly #declarations: Declaration[] = [];
  readonly #importMetas: number[] = [];
  readonly #dynamicImports: number[] = [];
  readonly #outerArguments: { position: number; typeofStart: number }[] = [];
  /** Names assigned to inside of functions, and anywhere. */
  readonly #assignedLater = new Set<string>();
  readonly #assigned = new Set<string>();
  #awaitPosition = -1;
  #hasEval = false;
  /** How many functions, and how many that have `arguments`, surround the node. */
  #functions = 0;
  #ownArguments = 0;

  constructor(source: string) {
    this.#source = source;
  }

  analyze(read: ReadModule): ModuleAnalysis {
    read(this.#source, (statement, { isTopLevel, functions, ownArguments }) => {
      if (isTopLevel) this.#declaration(statement);
      this.#functions = functions;
      this.#ownArguments = ownArguments;
      this.#walk(statement);
    });
    return {
      requests: this.#requests,
      imports: this.#imports,
      ...this.#exports(),
      starExports: this.#starExports,
      hasTopLevelAwait: this.#awaitPosition >= 0,
      awaitPosition: this.#awaitPosition,
      reassigned: this.#hasEval ? undefined : this.#reassignedExports(),
      assignsImport: this.#imports.some(({ local }) => this.#assigned.has(local)),
      declarations: this.#declarations,
      importMetas: this.#importMetas,
      dynamicImports: this.#dynamicImports,
      outerArguments: this.#outerArguments,
    };
  }

  /** An export of an imported binding is an export of the other module's. */
  #exports(): Pick<ModuleAnalysis, "localExports" | "indirectExports"> {
    const imports = new Map(this.#imports.map((entry) => [entry.local, entry]));
    const localExports: LocalExport[] = [];
    const indirectExports = [...this.#indirectExports];
    for (const entry of this.#localExports) {
      const source = imports.get(entry.local);
      if (!source || source.imported === undefined) localExports.push(entry);
      else {
        const { request, imported, position } = source;
        indirectExports.push({ name: entry.name, request, imported, position });
      }
    }
    return { localExports, indirectExports };
  }

  #reassignedExports(): string[] {
    const locals = new Set(this.#localExports.map(({ local }) => local));
    return [...locals].filter((local) => this.#assignedLater.has(local));
  }

  #declaration(node: Node): void {
    switch (node.type) {
      case "ImportDeclaration":
        this.#import(node);
        return;
      case "ExportAllDeclaration":
        this.#exportAll(node);
        return;
      case "ExportNamedDeclaration":
        this.#exportNamed(node);
        return;
      case "ExportDefaultDeclaration":
        this.#exportDefault(node);
        return;
    }
  }

  #import(node: Node): void {
    const request = this.#request(node);
    for (const specifier of children(node, "specifiers")) {
      const local = nameOf(child(specifier, "local"));
      const imported = optionalChild(specifier, "imported");
      const name =
        specifier.type === "ImportNamespaceSpecifier"
          ? undefined
          : imported
            ? nameOf(imported)
            : "default";
      const position = (imported ?? specifier).start;
      this.#imports.push({ request, imported: name, local, position });
    }
    this.#declarations.push({ kind: "drop", start: node.start, end: node.end });
  }

  #exportAll(node: Node): void {
    const request = this.#request(node);
    const exported = optionalChild(node, "exported");
    if (!exported) this.#starExports.push(request);
    else {
      const position = exported.start;
      this.#indirectExports.push({
        name: nameOf(exported),
        request,
        imported: undefined,
        position,
      });
    }
    this.#declarations.push({ kind: "drop", start: node.start, end: node.end });
  }

  #exportNamed(node: Node): void {
    const declaration = optionalChild(node, "declaration");
    if (declaration) {
      for (const name of declaredNames(declaration)) {
        this.#localExports.push({ name, local: name });
      }
      this.#declarations.push({ kind: "strip", start: node.start, end: declaration.start });
      return;
    }
    const request = optionalChild(node, "source") ? this.#request(node) : -1;
    for (const specifier of children(node, "specifiers")) {
      const local = child(specifier, "local");
      const name = nameOf(child(specifier, "exported"));
      if (request < 0) this.#localExports.push({ name, local: nameOf(local) });
      else {
        const position = local.start;
        this.#indirectExports.push({ name, request, imported: nameOf(local), position });
      }
    }
    this.#declarations.push({ kind: "drop", start: node.start, end: node.end });
  }

  #exportDefault(node: Node): void {
    const declaration = child(node, "declaration");
    const name = optionalChild(declaration, "id");
    const { start } = node;
    if (/^(Function|Class)Declaration$/.test(declaration.type) && name) {
      this.#localExports.push({ name: "default", local: nameOf(name) });
      this.#declarations.push({ kind: "strip", start, end: declaration.start });
      return;
    }
    this.#localExports.push({ name: "default", local: DEFAULT_LOCAL });
    if (declaration.type === "FunctionDeclaration") {
      const end = this.#endOfFunctionKeyword(declaration);
      this.#declarations.push({ kind: "defaultFunction", start, end });
      return;
    }
    const end = this.#startOfDefault(node, declaration);
    this.#declarations.push({
      ...{ kind: "defaultExpression", start, end },
      expressionEnd: this.#endOfDefault(node, declaration),
      statementEnd: node.end,
      isAnonymousFunction: isAnonymousFunction(declaration),
    });
  }

  /** Behind `function`, or behind `function *`, comments between them included. */
  #endOfFunctionKeyword(declaration: Node): number {
    const head =
      /^(?:async\b(?:\s|\/\*[\s\S]*?\*\/)*)?function(?:(?:\s|\/\*[\s\S]*?\*\/|\/\/.*)*\*)?/;
    const found = head.exec(this.#source.slice(declaration.start, declaration.end));
    return declaration.start + (found?.[0].length ?? 0);
  }

  /** The expression's start, with the parentheses that the tree does not show. */
  #startOfDefault(node: Node, declaration: Node): number {
    const head = /^export(?:\s|\/\*[\s\S]*?\*\/|\/\/.*)+default/;
    const found = head.exec(this.#source.slice(node.start, declaration.start));
    const start = node.start + (found?.[0].length ?? 0);
    return this.#source[start] === " " ? start + 1 : start;
  }

  #endOfDefault(node: Node, declaration: Node): number {
    if (declaration.type === "ClassDeclaration") return declaration.end;
    return this.#source[node.end - 1] === ";" && node.end > declaration.end
      ? node.end - 1
      : node.end;
  }

  #request(node: Node): number {
    const source = child(node, "source");
    const specifier = source["value"] as string;
    const attributes = children(node, "attributes").map(
      (entry) => [nameOf(child(entry, "key")), child(entry, "value")["value"] as string] as const,
    );
    const key = JSON.stringify([specifier, [...attributes].sort()]);
    const known = this.#requestIndex.get(key);
    if (known !== undefined) return known;
    this.#requestIndex.set(key, this.#requests.length);
    return this.#requests.push({ specifier, attributes, position: source.start }) - 1;
  }

  readonly #walk = (node: Node): void => {
    switch (node.type) {
      case "FunctionDeclaration":
      case "FunctionExpression":
        this.#inside(node, true);
        return;
      case "ArrowFunctionExpression":
        this.#inside(node, false);
        return;
      case "PropertyDefinition":
      case "StaticBlock":
        this.#classElement(node);
        return;
      case "AwaitExpression":
        this.#await(node);
        break;
      case "ForOfStatement":
        if (node["await"]) this.#await(node);
        this.#assign(child(node, "left"));
        break;
      case "ForInStatement":
      case "AssignmentExpression":
        this.#assign(child(node, "left"));
        break;
      case "UpdateExpression":
        this.#assign(child(node, "argument"));
        break;
      case "VariableDeclaration":
        if (node["kind"] === "await using") this.#await(node);
        break;
      case "MetaProperty":
        if (nameOf(child(node, "meta")) === "import") this.#importMetas.push(node.start);
        return;
      case "ImportExpression":
        this.#dynamicImports.push(node.start);
        break;
      case "CallExpression":
        if (isDirectEval(node)) this.#hasEval = true;
        break;
      case "UnaryExpression":
        if (this.#isOuterArguments(child(node, "argument")) && node["operator"] === "typeof") {
          this.#outerArguments.push({
            position: child(node, "argument").start,
            typeofStart: node.start,
          });
          return;
        }
        break;
      case "Identifier":
        if (this.#isOuterArguments(node)) {
          this.#outerArguments.push({ position: node.start, typeofStart: -1 });
        }
        return;
    }
    forEachOperand(node, this.#walk);
  };

  #inside(node: Node, hasArguments: boolean): void {
    this.#functions++;
    if (hasArguments) this.#ownArguments++;
    forEachChild(node, this.#walk);
    this.#functions--;
    if (hasArguments) this.#ownArguments--;
  }

  /** Runs as a function does, but for a computed name. */
  #classElement(node: Node): void {
    if (node.type === "PropertyDefinition") {
      if (node["computed"]) this.#walk(child(node, "key"));
      this.#functions++;
      const value = optionalChild(node, "value");
      if (value) this.#walk(value);
    } else {
      this.#functions++;
      forEachChild(node, this.#walk);
    }
    this.#functions--;
  }

  #await(node: Node): void {
    if (this.#functions > 0) return;
    // Statements come before those that they stand in.
    const isFirst = this.#awaitPosition < 0 || node.start < this.#awaitPosition;
    if (isFirst) this.#awaitPosition = node.start;
  }

  #assign(target: Node): void {
    if (target.type === "VariableDeclaration") {
      if (target["kind"] !== "var") return;
      for (const { id } of children(target, "declarations") as readonly { id?: unknown }[]) {
        this.#assign(id as Node);
      }
      return;
    }
    forEachTarget(target, (identifier) => {
      const name = nameOf(identifier);
      this.#assigned.add(name);
      if (this.#functions > 0) this.#assignedLater.add(name);
    });
  }

  #isOuterArguments(node: Node): boolean {
    return this.#ownArguments === 0 && node.type === "Identifier" && nameOf(node) === "arguments";
  }
}

function declaredNames(declaration: Node): string[] {
  if (declaration.type !== "VariableDeclaration") return [nameOf(child(declaration, "id"))];
  const names: string[] = [];
  for (const declarator of children(declaration, "declarations")) {
    forEachTarget(child(declarator, "id"), (identifier) => names.push(nameOf(identifier)));
  }
  return names;
}

/** Whether NamedEvaluation would give it the name of what it is assigned to. */
function isAnonymousFunction(node: Node): boolean {
  if (node.type === "ArrowFunctionExpression") return true;
  return /^(Function|Class)(Expression|Declaration)$/.test(node.type) && !node["id"];
}

function isDirectEval(node: Node): boolean {
  const callee = child(node, "callee");
  return callee.type === "Identifier" && nameOf(callee) === "eval";
}
