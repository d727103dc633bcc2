/**
 * What module_wrap, contextify and the loaders in lib/ share in one process: the callbacks that lib/ sets,
 * and how a source reaches them.
 */
import type { Engine } from "../engine.ts";
import type { Environment } from "../environment.ts";
import { type DynamicImport, DynamicImports, replaceImports } from "./dynamic-imports.ts";
import {
  MODULE_OPTIONS,
  moduleReader,
  type ParserClass,
  type ReadModule,
} from "./statement-reader.ts";
import type { Node, ParseModule } from "./syntax-tree.ts";

/** lib/'s answer to import(): (id of the referrer, specifier, attributes, name of the referrer). */
export type ImportDynamically = (
  id: symbol,
  specifier: string,
  attributes: Record<string, string>,
  referrerName: string,
) => Promise<unknown>;

/** lib/'s part of import.meta: (id of the module, the object, the module's wrap). */
export type InitializeImportMeta = (id: symbol, meta: object, wrap: object) => void;

interface Acorn {
  readonly Parser: ParserClass;
  parse(source: string, options: object): Node;
}

const hosts = new WeakMap<Environment, ModuleHost>();

/** The one of a process. */
export function moduleHost(env: Environment): ModuleHost {
  const host = hosts.get(env) ?? new ModuleHost(env);
  hosts.set(env, host);
  return host;
}

const SCRIPT_OPTIONS = {
  ecmaVersion: "latest",
  sourceType: "script",
  allowHashBang: true,
} as const;

const MIN_OFFSET = -(2 ** 31);

/** A letter that sources do not use; it names what stands for import(). */
const NAME = "ª";

export class ModuleHost {
  importDynamically: ImportDynamically | undefined;
  initializeImportMeta: InitializeImportMeta | undefined;
  readonly #env: Environment;
  readonly #imports: DynamicImports;
  #acorn: Acorn | undefined;
  #read: ReadModule | undefined;

  constructor(env: Environment) {
    this.#env = env;
    this.#imports = new DynamicImports(env.engine, env.library);
  }

  readonly parse: ParseModule = (source) => this.#loadAcorn().parse(source, MODULE_OPTIONS);

  readonly read: ReadModule = (source, visit) => {
    this.#read ??= moduleReader(this.#loadAcorn().Parser);
    this.#read(source, visit);
  };

  readonly parseScript = (source: string): Node => this.#loadAcorn().parse(source, SCRIPT_OPTIONS);

  #loadAcorn(): Acorn {
    this.#acorn ??= this.#env.requireBuiltin<unknown>(
      "internal/deps/acorn/acorn/dist/acorn",
    ) as Acorn;
    return this.#acorn;
  }

  /** import() of a referrer that lib/ knows by `id`. */
  importer(id: symbol, referrerName: string): DynamicImport {
    return (specifier, options) => this.#import(id, referrerName, specifier, options);
  }

  /** Where a source has import(). */
  importsIn(source: string): readonly number[] {
    return this.#imports.find(source);
  }

  /** Whether what looks like a comment at `at` is none of a string's. Those at the end of a text mostly are. */
  isComment(source: string, at: number): boolean {
    const rest = source.slice(at + lineLength(source, at));
    if (/^\s*$/.test(rest) || !source.includes("`")) return true;
    let found = false;
    const onComment = (_isBlock: boolean, _text: string, start: number): void => {
      if (start === at) found = true;
    };
    try {
      this.#loadAcorn().parse(source, {
        ...MODULE_OPTIONS,
        ...{ allowReturnOutsideFunction: true, onComment },
      });
      return found;
    } catch {
      return true;
    }
  }

  /** Compiles a function, whose import() is lib/'s. */
  compileFunction(
    source: string,
    filename: string,
    parameters: readonly string[],
    options: { readonly id: symbol; readonly lineOffset?: number; readonly columnOffset?: number },
  ): (...args: never[]) => unknown {
    const { engine } = this.#env;
    const { id, ...offsets } = options;
    const found = this.#imports.find(source);
    if (found.length === 0) return engine.compileFunction(source, filename, parameters, offsets);
    const name = freeName(source);
    const head = `(function (${name}) { return function (${parameters.join(", ")}) {`;
    const body = replaceImports(source, found, `${name}.imp`);
    const outer = engine.runScript(`${head}${body}\n}})`, filename, {
      ...offsets,
      columnOffset: (offsets.columnOffset ?? 0) - head.length,
    }) as (host: object) => (...args: never[]) => unknown;
    return outer({ imp: this.importer(id, filename) });
  }

  /**
   * The same as vm.compileFunction() makes it, by `run` in any context: the function's text is as V8 puts
   * one together, and it sees the properties of `extensions` as variables.
   */
  compileFunctionIn(
    run: Engine["runScript"],
    source: string,
    filename: string,
    parameters: readonly string[],
    options: {
      readonly id: symbol;
      readonly lineOffset: number;
      readonly columnOffset: number;
      readonly extensions: readonly object[];
    },
  ): (...args: never[]) => unknown {
    const { id, lineOffset, columnOffset, extensions } = options;
    const found = this.#imports.find(source);
    const name = freeName(source);
    const scopes = extensions.map((_, index) => `with (${name}.ext[${index}]) `).join("");
    // A line of its own has columns of its own.
    const isOnLine = columnOffset !== 0;
    const head =
      `(function (${name}) { ${scopes}return function (${parameters.join(", ")}) {` +
      (isOnLine ? "" : "\n");
    const body = found.length === 0 ? source : replaceImports(source, found, `${name}.imp`);
    const outer = run(`${head}${body}\n}})`, filename, {
      lineOffset: isOnLine ? lineOffset : Math.max(lineOffset - 1, MIN_OFFSET),
      columnOffset: isOnLine ? Math.max(columnOffset - head.length, MIN_OFFSET) : 0,
    }) as (host: object) => (...args: never[]) => unknown;
    return outer({ imp: this.importer(id, filename), ext: extensions });
  }

  /** A script's source, whose import() finds lib/ through a property of the global object. */
  scriptSource(
    source: string,
    filename: string,
    id: symbol,
  ): { readonly text: string; readonly importName?: string } {
    const found = this.#imports.find(source);
    if (found.length === 0) return { text: source };
    const importName = `${NAME}${globalImports.push(this.importer(id, filename)) - 1}`;
    Object.defineProperty(globalThis, importName, {
      value: importOf(importName),
      configurable: true,
    });
    return { text: replaceImports(source, found, `${importName}.imp`), importName };
  }

  /** The same in another global scope. */
  lendImport(to: { lend(name: string, value: unknown): void }, importName: string): void {
    to.lend(importName, importOf(importName));
  }

  async #import(
    id: symbol,
    referrerName: string,
    specifier: unknown,
    options: unknown,
  ): Promise<unknown> {
    const text = `${specifier as string}`;
    const attributes = importAttributes(options);
    const callback = this.importDynamically;
    if (!callback) throw new TypeError("import() is not there yet");
    return callback(id, text, attributes, referrerName);
  }
}

/** Referrers of scripts with import(), by the number in their name. */
const globalImports: DynamicImport[] = [];

/** What a script finds by that name; no enumeration shows it. */
function importOf(name: string): object {
  return Object.freeze({ imp: globalImports[Number(name.slice(NAME.length))] });
}

function importAttributes(options: unknown): Record<string, string> {
  const attributes: Record<string, string> = Object.create(null);
  if (options === undefined) return attributes;
  if (typeof options !== "object" || options === null) {
    throw new TypeError("The second argument of import() must be an object");
  }
  const given = (options as { with?: unknown }).with;
  if (given === undefined) return attributes;
  if (typeof given !== "object" || given === null) {
    throw new TypeError("The 'assert' option must be an object");
  }
  for (const [key, value] of Object.entries(given)) {
    if (typeof value !== "string") throw new TypeError("Import attribute value must be a string");
    attributes[key] = value;
  }
  return attributes;
}

/** A name that `source` does not use. */
export function freeName(source: string): string {
  let name = NAME;
  while (source.includes(name)) name += NAME;
  return name;
}

/** The text of the last magic comment of that name: `sourceURL`, `sourceMappingURL`. */
export function magicComment(env: Environment, source: string, name: string): string | undefined {
  const marker = `${name}=`;
  // From the end: a source may be large, and be full of what only looks like one.
  for (let at = source.lastIndexOf(marker); at >= 0; at = source.lastIndexOf(marker, at - 1)) {
    const lead = source.slice(at - 4, at);
    if (/^\/\/[#@][\t ]$/.test(lead) && moduleHost(env).isComment(source, at - 4)) {
      const start = at + marker.length;
      const text = /^[^\s'"]*(?=[\t ]*(?:[\n\r\u2028\u2029]|$))/.exec(
        source.slice(start, start + lineLength(source, start)),
      );
      if (text) return text[0] || undefined;
    }
    if (at === 0) break;
  }
  return undefined;
}

function lineLength(source: string, start: number): number {
  const end = source.indexOf("\n", start);
  return (end < 0 ? source.length : end) - start;
}
