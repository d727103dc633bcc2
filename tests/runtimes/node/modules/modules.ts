/** Runs modules from a table of texts, with the transform and the linker alone: no Node, no kernel. */
import { runInThisContext } from "node:vm";
import { Parser, parse } from "acorn";
import { analyzeModule } from "../../../../runtimes/node/modules/analysis.ts";
import {
  evaluateModule,
  evaluateModuleSync,
} from "../../../../runtimes/node/modules/evaluation.ts";
import { linkModule } from "../../../../runtimes/node/modules/linking.ts";
import type { ModuleRecord } from "../../../../runtimes/node/modules/record.ts";
import { rewriteModule } from "../../../../runtimes/node/modules/rewrite.ts";
import {
  type LinkFailure,
  type ModuleBody,
  SourceTextModule,
} from "../../../../runtimes/node/modules/source-module.ts";
import { moduleReader } from "../../../../runtimes/node/modules/statement-reader.ts";
import type { Node } from "../../../../runtimes/node/modules/syntax-tree.ts";

export const parseModule = (source: string): Node =>
  parse(source, { ecmaVersion: "latest", sourceType: "module", allowHashBang: true }) as never;

const readModule = moduleReader(Parser as never);

export class Modules {
  readonly #texts: Readonly<Record<string, string>>;
  readonly #modules = new Map<string, ModuleRecord>();
  readonly #isLive: boolean;

  constructor(texts: Readonly<Record<string, string>>, options: { isLive?: boolean } = {}) {
    this.#texts = texts;
    this.#isLive = options.isLive ?? false;
  }

  add(module: ModuleRecord): this {
    this.#modules.set(module.url, module);
    return this;
  }

  async import(name: string): Promise<Record<string, unknown>> {
    const module = this.link(name);
    // A body that awaits has begun one turn later, which Node's loader gives it.
    await undefined;
    await evaluateModule(module);
    return module.getNamespace() as Record<string, unknown>;
  }

  importSync(name: string): Record<string, unknown> {
    const module = this.link(name);
    evaluateModuleSync(module);
    return module.getNamespace() as Record<string, unknown>;
  }

  link(name: string): ModuleRecord {
    const module = this.#load(name);
    linkModule(module, fail);
    return module;
  }

  #load(name: string): ModuleRecord {
    const known = this.#modules.get(name);
    if (known) return known;
    const text = this.#texts[name];
    if (text === undefined) throw new Error(`no module ${name}`);
    const analysis = analyzeModule(text, readModule);
    const module = new SourceTextModule(name, {
      analysis,
      isLive: this.#isLive || analysis.assignsImport,
      body: (live) => {
        const out = rewriteModule(text, analysis, live ? { parse: parseModule } : undefined);
        const { text: code, columnOffset } = out;
        return runInThisContext(code, {
          filename: name,
          columnOffset: -columnOffset,
        }) as ModuleBody;
      },
      meta: () => ({ url: name }),
      importDynamically: async (specifier) => this.import(`${specifier}`),
    });
    this.#modules.set(name, module);
    module.linkTo(analysis.requests.map(({ specifier }) => this.#load(specifier)));
    return module;
  }
}

const fail: LinkFailure = (module, { request, name, found }) => {
  const specifier = module.analysis.requests[request]?.specifier;
  throw new SyntaxError(`${specifier}: ${name}: ${JSON.stringify(found)}`);
};
