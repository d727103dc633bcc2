/**
 * Reads a module statement by statement. A whole tree takes some fifty times the memory of its text, so
 * each statement is handed over when the parser has read it, and forgotten: what is left in the tree
 * around it is an empty one. The parser is acorn, whose methods these are.
 */
import type { Node } from "./syntax-tree.ts";

/** What surrounds a statement. */
export interface Surroundings {
  /** False for one that stands in another, or in a function; those come before what they stand in. */
  readonly isTopLevel: boolean;
  /** How many functions are around it, and how many that have `arguments`. */
  readonly functions: number;
  readonly ownArguments: number;
}

export type VisitStatement = (statement: Node, surroundings: Surroundings) => void;

/** Reads a module; throws a SyntaxError that has `pos`, an offset, where the text is none. */
export type ReadModule = (source: string, visit: VisitStatement) => void;

/** What of acorn's Parser is used and replaced. */
interface Parser {
  readonly scopeStack: readonly { readonly flags: number }[];
  parse(): unknown;
  parseStatement(context: unknown, topLevel?: boolean, exports?: unknown): Node;
  parseExportDeclaration(node: Node): Node;
  adaptDirectivePrologue(statements: readonly Node[]): void;
}

export interface ParserClass {
  new (options: object, source: string): Parser;
}

export const MODULE_OPTIONS = {
  ecmaVersion: "latest",
  sourceType: "module",
  allowHashBang: true,
} as const;

/** Acorn's flags of scopes. */
const Scope = { FUNCTION: 2, ARROW: 16, STATIC_BLOCK: 256 } as const;
const EMPTY: Node = Object.freeze({ type: "EmptyStatement", start: 0, end: 0 });

export function moduleReader(Base: ParserClass): ReadModule {
  class StatementReader extends Base {
    visit: VisitStatement = () => {};
    /** The parser looks at what is exported once more. */
    #isExported = false;

    override parseStatement(context: unknown, topLevel?: boolean, exports?: unknown): Node {
      const isExported = this.#isExported;
      this.#isExported = false;
      const statement = super.parseStatement(context, topLevel, exports);
      if (isExported) return statement;
      this.visit(statement, { isTopLevel: topLevel === true, ...this.#countFunctions() });
      return EMPTY;
    }

    override parseExportDeclaration(node: Node): Node {
      this.#isExported = true;
      return super.parseExportDeclaration(node);
    }

    /** Looks at statements that are gone, for what nobody asks. */
    override adaptDirectivePrologue(): void {}

    #countFunctions(): { functions: number; ownArguments: number } {
      let functions = 0;
      let ownArguments = 0;
      for (const { flags } of this.scopeStack) {
        if (flags & (Scope.FUNCTION | Scope.STATIC_BLOCK)) functions++;
        if (flags & Scope.FUNCTION && !(flags & Scope.ARROW)) ownArguments++;
      }
      return { functions, ownArguments };
    }
  }
  return (source, visit) => {
    const reader = new StatementReader(MODULE_OPTIONS, source);
    reader.visit = visit;
    reader.parse();
  };
}
