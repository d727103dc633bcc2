/**
 * import() in scripts and functions: engines refuse it, so the word is replaced by a call, in as many
 * characters. A source without it is compiled as it is.
 */
import type { Engine } from "../engine.ts";
import type { Library } from "../environment.ts";
import { applyEdits } from "./edits.ts";

/** Offsets of the word `import` of each import(). */
export type FindDynamicImports = (source: string) => number[];

/** What stands for import() in a rewritten source. */
export type DynamicImport = (specifier: unknown, options?: unknown) => Promise<unknown>;

const [ID, ID_WITHOUT_WASM] = ["isopod/lexer", "isopod/lexer-js"];
const CANDIDATE = /\bimport(?:\s|\/\*[\s\S]*?\*\/|\/\/.*)*\(/;

export class DynamicImports {
  readonly #engine: Engine;
  readonly #library: Library;
  #find: FindDynamicImports | undefined;

  constructor(engine: Engine, library: Library) {
    this.#engine = engine;
    this.#library = library;
  }

  /** Where `source` has import(), mostly nowhere. */
  find(source: string): readonly number[] {
    if (!CANDIDATE.test(source)) return [];
    const found = this.#engine.remember("import()", source, () =>
      JSON.stringify(this.#search(source)),
    );
    return JSON.parse(found) as number[];
  }

  /** A source that the lexer cannot read is none that the engine can, and the engine has the better error. */
  #search(source: string): number[] {
    this.#find ??= this.#load();
    try {
      return this.#find(source);
    } catch {
      return [];
    }
  }

  #load(): FindDynamicImports {
    let find: FindDynamicImports | undefined;
    const id = "WebAssembly" in globalThis ? ID : ID_WITHOUT_WASM;
    const run = this.#engine.compileFunction(this.#library.source(id), id, ["register"]);
    run(((found: FindDynamicImports) => {
      find = found;
    }) as never);
    return find as FindDynamicImports;
  }
}

/** `source` with `name` in the place of import; `call` is what follows it in the place of the parenthesis. */
export function replaceImports(source: string, positions: readonly number[], name: string): string {
  return applyEdits(
    source,
    positions.map((start) => ({ start, end: start + "import".length, text: name })),
  );
}
