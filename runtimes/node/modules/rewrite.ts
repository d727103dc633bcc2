/**
 * Turns a module's text into that of a generator function, which any engine runs: up to its first `yield`
 * it is instantiated (its functions exist, its exports can be asked for), after it is evaluated. Lines stay
 * as they are, columns too nearly everywhere.
 *
 * Imports become variables where nothing can tell them from the live bindings of the language: where the
 * module they come from is evaluated before and assigns nothing later. Else ("live") each reference reads
 * the other module's binding.
 */
import { DEFAULT_LOCAL, type Declaration, type ModuleAnalysis } from "./analysis.ts";
import { applyEdits, blank, type Edit } from "./edits.ts";
import { findReferences } from "./references.ts";
import type { ParseModule } from "./syntax-tree.ts";

export interface RewrittenModule {
  /** A script whose value is the generator function: (host, imports) => generator. */
  readonly text: string;
  /** Characters in front of the module's own first line. */
  readonly columnOffset: number;
}

/** How a module reaches its linker: what `rewriteModule` writes, `source-module.ts` offers. */
export interface ModuleHost {
  /** Takes the getters of the local exports, by local name, while the module is instantiated. */
  readonly own: (getters: Record<string, () => unknown>, defaultFunction?: () => unknown) => void;
  /** Value of the import with this index. */
  readonly get: (index: number) => unknown;
  /** Takes the functions that set imports anew, by index. */
  readonly live: (setters: readonly ((value: unknown) => void)[]) => void;
  /** import() and import.meta. */
  readonly imp: (specifier: unknown, options?: unknown) => Promise<unknown>;
  readonly meta: object;
  /** Throws: a module has no `arguments`. */
  readonly arguments: never;
}

/** The first of these that the text has not: a letter that nobody uses, and one byte in V8's strings. */
const NAME = "ª";

export function rewriteModule(
  source: string,
  analysis: ModuleAnalysis,
  live: { readonly parse: ParseModule } | undefined,
): RewrittenModule {
  const name = freeName(source);
  const edits: Edit[] = analysis.declarations.flatMap((entry) =>
    declarationEdits(entry, name, source),
  );
  for (const start of analysis.importMetas) {
    const { length } =
      /^import(?:\s|\/\*[\s\S]*?\*\/|\/\/.*)*\.(?:\s|\/\*[\s\S]*?\*\/|\/\/.*)*meta/.exec(
        source.slice(start),
      )?.[0] ?? "import.meta";
    edits.push({
      start,
      end: start + length,
      text: fill(source, start, start + length, `${name}.meta`),
    });
  }
  for (const start of analysis.dynamicImports) {
    edits.push({ start, end: start + "import".length, text: `${name}.imp` });
  }
  for (const { position, typeofStart } of analysis.outerArguments) {
    const start = typeofStart < 0 ? position : typeofStart;
    const text = typeofStart < 0 ? `${name}.arguments` : `typeof globalThis.arguments`;
    edits.push({ start, end: position + "arguments".length, text });
  }
  if (live) edits.push(...referenceEdits(source, analysis, live.parse, name));
  if (source.startsWith("#!")) edits.push({ start: 0, end: 2, text: "//" });
  const head = prefix(analysis, name, live !== undefined);
  return { text: `${head}${applyEdits(source, edits)}\n})`, columnOffset: head.length };
}

function prefix(analysis: ModuleAnalysis, name: string, live: boolean): string {
  const locals = new Set(analysis.localExports.map(({ local }) => local));
  const getters = [...locals].map((local) => {
    const variable = local === DEFAULT_LOCAL ? `${name}d` : local;
    return `[${JSON.stringify(local)}]:()=>${variable}`;
  });
  const isDefaultFunction = analysis.declarations.some(({ kind }) => kind === "defaultFunction");
  const own = `${name}.own({${getters.join()}}${isDefaultFunction ? `,${name}d` : ""});`;
  const keyword = analysis.hasTopLevelAwait ? "async function*" : "function*";
  const variables = live ? "" : importVariables(analysis, name);
  return `(${keyword}(${name},${name}i){"use strict";${own}yield;${variables}`;
}

/** Only a module of the engine's, `node:fs`, sets its exports anew after it was evaluated. */
function importVariables(analysis: ModuleAnalysis, name: string): string {
  if (analysis.imports.length === 0) return "";
  const variables = analysis.imports.map(({ local }, i) => `${local}=${name}.get(${i})`);
  const setters = analysis.imports.map(({ local }) => `v=>{${local}=v}`);
  return `let ${variables.join()};${name}.live([${setters.join()}]);`;
}

function declarationEdits(entry: Declaration, name: string, source: string): Edit[] {
  const { start, end } = entry;
  switch (entry.kind) {
    case "drop":
      return [{ start, end, text: blank(source.slice(start, end), ";") }];
    case "strip":
      return [{ start, end, text: blank(source.slice(start, end)) }];
    case "defaultFunction": {
      const words = /async/.test(source.slice(start, end).replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ""));
      const star = source[end - 1] === "*" ? "*" : "";
      const text = `${words ? "async " : ""}function${star} ${name}d`;
      return [{ start, end, text: fill(source, start, end, text, true) }];
    }
    case "defaultExpression": {
      const { expressionEnd, statementEnd, isAnonymousFunction } = entry;
      const open = isAnonymousFunction ? `let ${name}d={default:` : `const ${name}d=`;
      return [
        { start, end, text: fill(source, start, end, open) },
        {
          ...{ start: expressionEnd, end: statementEnd },
          text: isAnonymousFunction ? "}.default;" : ";",
        },
      ];
    }
  }
}

function referenceEdits(
  source: string,
  analysis: ModuleAnalysis,
  parse: ParseModule,
  name: string,
): Edit[] {
  if (analysis.imports.length === 0) return [];
  const names = new Set(analysis.imports.map(({ local }) => local));
  return findReferences(parse(source), names).map((found) => {
    const read = `${name}i.${found.name}`;
    const called = found.isCallee ? `${found.beginsStatement ? ";" : ""}(0,${read})` : read;
    return {
      ...{ start: found.start, end: found.end },
      text: found.isShorthand ? `${found.name}:${read}` : called,
    };
  });
}

/** `text` over what stands between `start` and `end`: its line breaks stay, and where it can be, its length. */
function fill(source: string, start: number, end: number, text: string, atEnd = false): string {
  const old = source.slice(start, end);
  const breaks = old.replace(/[^\n\r\u2028\u2029]/g, "");
  if (breaks) return breaks + text;
  return atEnd ? text.padStart(old.length) : text.padEnd(old.length);
}

function freeName(source: string): string {
  let name = NAME;
  while (source.includes(name)) name += NAME;
  return name;
}
