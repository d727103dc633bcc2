/** internalBinding("module_wrap"): ES modules as lib/'s loader handles them (module_wrap.cc). */

import { encodeUtf8 } from "../../../kernel/abi.ts";
import type { BindingFactory, Environment } from "../environment.ts";
import { codedError } from "../errors.ts";
import { analyzeModule, type ModuleAnalysis } from "../modules/analysis.ts";
import { CompileCache } from "../modules/compile-cache.ts";
import { evaluateModule, evaluateModuleSync } from "../modules/evaluation.ts";
import {
  type ImportDynamically,
  type InitializeImportMeta,
  type ModuleHost,
  magicComment,
  moduleHost,
} from "../modules/host.ts";
import { linkModule } from "../modules/linking.ts";
import { type ModuleRecord, Status } from "../modules/record.ts";
import { rewriteModule } from "../modules/rewrite.ts";
import { appendExceptionLine, arrowMessage, lineAndColumn } from "../modules/source-error.ts";
import { type LinkFailure, type ModuleBody, SourceTextModule } from "../modules/source-module.ts";
import { SyntheticModule } from "../modules/synthetic-module.ts";

export const moduleWrap: BindingFactory = (env) => {
  const host = moduleHost(env);
  const ModuleWrap = createModuleWrap(env, host);
  return {
    ...Status,
    ModuleWrap,
    setImportModuleDynamicallyCallback(callback: ImportDynamically) {
      host.importDynamically = callback;
    },
    setInitializeImportMetaObjectCallback(callback: InitializeImportMeta) {
      host.initializeImportMeta = callback;
    },

    /** A module that has the exports of another, and says that it was one. */
    createRequiredModuleFacade(wrap: InstanceType<typeof ModuleWrap>): object {
      const facade = new ModuleWrap(
        "node:internal/require_module_default_facade",
        undefined,
        FACADE,
      );
      facade.link([wrap]);
      facade.instantiate();
      evaluateModuleSync(facade.record);
      return facade.getNamespace();
    },

    /** What node says of a program that ends while its entry point waits (CheckUnsettledTopLevelAwait). */
    unsettledTopLevelAwait: (entry: unknown) => {
      if (!(entry instanceof ModuleWrap) || !optionsOf(env)["--warnings"]) return "";
      const place = ModuleWrap.unsettled(entry);
      return place && `Warning: Detected unsettled top-level await at ${place}\n\n`;
    },

    throwIfPromiseRejected(promise: Promise<unknown>) {
      const [state, reason] = env.engine.promiseDetails(promise);
      if (state === REJECTED) throw reason;
    },
  };
};

const REJECTED = 2;
const STDERR = 2;

function optionsOf(env: Environment): Readonly<Record<string, unknown>> {
  const { getCLIOptionsValues } = env.internalBinding<{
    getCLIOptionsValues(): Record<string, unknown>;
  }>("options");
  return getCLIOptionsValues();
}

const FACADE =
  "export * from 'original'; export { default } from 'original'; export const __esModule = true;";

function createModuleWrap(env: Environment, host: ModuleHost) {
  const { host_defined_option_symbol: hostDefinedOption } = env.privateSymbols;

  class ModuleWrap {
    url: string;
    sourceURL?: string | undefined;
    sourceMapURL?: string | undefined;
    readonly #record: ModuleRecord;
    readonly #requests: readonly object[];

    constructor(
      url: string,
      context: object | undefined,
      source: string | readonly string[],
      lineOffsetOrSteps?: number | ((this: ModuleWrap, wrap: ModuleWrap) => void),
      columnOffset?: number | object,
      idOrCachedData?: symbol | ArrayBufferView,
    ) {
      if (context !== undefined) {
        throw codedError(
          Error,
          "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM",
          "Modules in contexts other than the main one are not available",
        );
      }
      this.url = url;
      if (typeof source !== "string") {
        const steps = lineOffsetOrSteps as (this: ModuleWrap, wrap: ModuleWrap) => void;
        this.#record = new SyntheticModule(url, source, () => steps.call(this, this));
        this.#requests = [];
        // The CommonJS module that it stands for, if it does.
        if (typeof columnOffset === "object") {
          (this as unknown as Record<symbol, unknown>)[env.symbols.imported_cjs_symbol] =
            columnOffset;
        }
        return;
      }
      const id = typeof idOrCachedData === "symbol" ? idOrCachedData : Symbol(url);
      (this as unknown as Record<symbol, unknown>)[hostDefinedOption] = id;
      const record = this.#compile(source, id, {
        lineOffset: (lineOffsetOrSteps as number | undefined) ?? 0,
        columnOffset: (columnOffset as number | undefined) ?? 0,
      });
      this.#record = record;
      this.#requests = Object.freeze(record.analysis.requests.map(requestObject));
      this.sourceURL = magicComment(env, source, "sourceURL") ?? url;
      this.sourceMapURL = magicComment(env, source, "sourceMappingURL");
    }

    /** For this file alone. */
    get record(): ModuleRecord {
      return this.#record;
    }

    static unsettled(entry: ModuleWrap): string {
      const stalled = findStalled(entry.#record, new Set());
      const text = stalled && texts.get(stalled);
      if (!text) return "";
      const { source, lineOffset } = text;
      const place = lineAndColumn(source, stalled.analysis.awaitPosition);
      const shown = { filename: stalled.url, source, lineOffset, ...place, length: 1 };
      return arrowMessage(shown);
    }

    getModuleRequests(): readonly object[] {
      return this.#requests;
    }

    /** Takes a module for each request, in their order. */
    link(modules: readonly ModuleWrap[]): void {
      if (modules.length !== this.#requests.length) {
        throw codedError(
          Error,
          "ERR_VM_MODULE_LINK_FAILURE",
          `linking error, expected a valid module array for ${this.url}`,
        );
      }
      const record = this.#record;
      // lib/ hands over an array that has lost its methods.
      if (record instanceof SourceTextModule) {
        record.linkTo(Array.from(modules, (wrap) => wrap.#record));
      }
    }

    instantiate(): void {
      linkModule(this.#record, fail);
    }

    /** Answers whether anything in the graph awaits. */
    instantiateSync(): boolean {
      linkModule(this.#record, fail);
      return this.#record.isGraphAsync();
    }

    evaluate(_timeout: number, _breakOnSigint: boolean): Promise<void> {
      return evaluateModule(this.#record);
    }

    evaluateSync(filename: string, parentFilename: string | undefined): object {
      if (this.#record.isGraphAsync()) {
        // Only with --experimental-print-required-tla: else nobody comes here.
        evaluateModule(this.#record).catch(() => {});
        const place = ModuleWrap.unsettled(this);
        const text = `Error: unexpected top-level await at ${place}\n`;
        if (place) env.sys.write(STDERR, encodeUtf8(text));
        throw requiredAsync(filename, parentFilename);
      }
      evaluateModuleSync(this.#record);
      return this.#record.getNamespace();
    }

    getNamespaceSync(filename: string, parentFilename: string | undefined): object {
      if (this.#record.isGraphAsync()) throw requiredAsync(filename, parentFilename);
      return this.getNamespace();
    }

    getNamespace(): object {
      if (this.#record.status < Status.kInstantiated) {
        throw new Error("cannot get namespace, module has not been instantiated");
      }
      return this.#record.getNamespace();
    }

    getStatus(): number {
      return this.#record.status;
    }

    isGraphAsync(): boolean {
      return this.#record.isGraphAsync();
    }

    hasTopLevelAwait(): boolean {
      const record = this.#record;
      return record instanceof SourceTextModule && record.analysis.hasTopLevelAwait;
    }

    getError(): unknown {
      return this.#record.status === Status.kErrored ? this.#record.error : undefined;
    }

    setExport(name: string, value: unknown): void {
      (this.#record as SyntheticModule).setExport(name, value);
    }

    createCachedData(): Uint8Array {
      const { Buffer } = env.requireBuiltin<{ Buffer: { alloc(size: number): Uint8Array } }>(
        "buffer",
      );
      return Buffer.alloc(0);
    }

    #compile(
      source: string,
      id: symbol,
      offsets: { lineOffset: number; columnOffset: number },
    ): SourceTextModule {
      const { url } = this;
      const run = () => analyze(source, url, offsets.lineOffset);
      const isProgram = id === env.symbols.source_text_module_default_hdo;
      const analysis = isProgram ? CompileCache.of(env).compile("ESM", url, source, run) : run();
      const importer = host.importer(id, url);
      let text = source;
      const compile = (live: boolean): ModuleBody => {
        const rewritten = rewriteModule(text, analysis, live ? host : undefined);
        return env.engine.runScript(rewritten.text, url, {
          lineOffset: offsets.lineOffset,
          columnOffset: offsets.columnOffset - rewritten.columnOffset,
        }) as ModuleBody;
      };
      // Modules of lib/'s loader are evaluated in the order of the graph; others may set exports at any time.
      const isLive = analysis.assignsImport || !isProgram;
      let compiled: ModuleBody | undefined = compile(isLive);
      const record = new SourceTextModule(url, {
        ...{ analysis, isLive },
        body(live) {
          const body = live === isLive && compiled ? compiled : compile(live);
          compiled = undefined;
          // Linked: nobody asks for its text again, which may be large.
          text = "";
          if (!analysis.hasTopLevelAwait) texts.delete(record);
          return body;
        },
        meta: () => {
          const meta = Object.create(null);
          host.initializeImportMeta?.(id, meta, this);
          return meta;
        },
        importDynamically: importer,
      });
      texts.set(record, { source, lineOffset: offsets.lineOffset });
      return record;
    }
  }

  /** Texts of modules that are to be linked, for the lines that errors show; and of those that await. */
  const texts = new WeakMap<SourceTextModule, { source: string; lineOffset: number }>();

  function analyze(source: string, url: string, lineOffset: number): ModuleAnalysis {
    try {
      const found = env.engine.remember("module", source, () =>
        JSON.stringify(analyzeModule(source, host.read)),
      );
      return JSON.parse(found) as ModuleAnalysis;
    } catch (error) {
      throw syntaxError(error, source, url, lineOffset);
    }
  }

  /** V8's own error where V8 has one, since its words are what programs expect. */
  function syntaxError(error: unknown, source: string, url: string, lineOffset: number): unknown {
    const own = error as SyntaxError & { pos?: number };
    if (!(error instanceof SyntaxError) || own.pos === undefined) return error;
    try {
      env.engine.checkModule(source, url);
    } catch (native) {
      const position = env.engine.syntaxErrorPosition(native as object);
      if (native instanceof SyntaxError) {
        Error.captureStackTrace(native, ModuleWrap as never);
        if (position) {
          appendExceptionLine(env, native, { filename: url, source, lineOffset, ...position });
        }
        return native;
      }
    }
    const plain = new SyntaxError(own.message.replace(/ \(\d+:\d+\)$/, ""));
    Error.captureStackTrace(plain, ModuleWrap as never);
    const place = lineAndColumn(source, own.pos);
    appendExceptionLine(env, plain, { filename: url, source, lineOffset, ...place });
    return plain;
  }

  const fail: LinkFailure = (module, { request, name, position, found }) => {
    const specifier = module.analysis.requests[request]?.specifier ?? "";
    const error = new SyntaxError(unresolvedMessage(specifier, name, found));
    Error.captureStackTrace(error, ModuleWrap.prototype.instantiate as never);
    const text = texts.get(module);
    if (text) {
      const { source, lineOffset } = text;
      const place = lineAndColumn(source, position);
      appendExceptionLine(env, error, { filename: module.url, source, lineOffset, ...place });
    }
    throw error;
  };

  return ModuleWrap;
}

/** The first module of a graph that waits for something other than its imports. */
function findStalled(module: ModuleRecord, seen: Set<ModuleRecord>): SourceTextModule | undefined {
  if (!(module instanceof SourceTextModule) || seen.has(module)) return undefined;
  seen.add(module);
  for (const required of module.requested) {
    const found = findStalled(required, seen);
    if (found) return found;
  }
  const isStalled = module.isEvaluatingAsync && module.analysis.hasTopLevelAwait;
  return isStalled && module.pendingAsync === 0 ? module : undefined;
}

function unresolvedMessage(
  specifier: string,
  name: string,
  found: Parameters<LinkFailure>[1]["found"],
): string {
  if (found === "missing") {
    return `The requested module '${specifier}' does not provide an export named '${name}'`;
  }
  if (found === "cycle") return `Detected cycle while resolving name '${name}' in '${specifier}'`;
  return `The requested module '${specifier}' contains conflicting star exports for name '${name}'`;
}

function requestObject({ specifier, attributes }: ModuleAnalysis["requests"][number]): object {
  const object: Record<string, string> = Object.create(null);
  for (const [key, value] of attributes) object[key] = value;
  return Object.freeze(
    Object.assign(Object.create(null), { specifier, attributes: Object.freeze(object) }),
  );
}

function requiredAsync(filename: string, parentFilename: string | undefined): Error {
  const lines = [
    "require() cannot be used on an ESM graph with top-level await. Use import() instead. " +
      "To see where the top-level await comes from, use --experimental-print-required-tla.",
  ];
  if (parentFilename) lines.push(`  From ${parentFilename} `);
  if (filename) lines.push(`  Requiring ${filename} `);
  return codedError(Error, "ERR_REQUIRE_ASYNC_MODULE", lines.join("\n"));
}
