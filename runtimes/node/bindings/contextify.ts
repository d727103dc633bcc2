/**
 * internalBinding("contextify"): scripts and functions from text (node_contextify.cc). Contexts other than
 * the main one are contexts.ts's.
 */

import { type Declared, declaredIn } from "../context-variables.ts";
import { contextOf, VmContext } from "../contexts.ts";
import type { CompiledScript, Engine, SourcePosition } from "../engine.ts";
import type { BindingFactory, Environment } from "../environment.ts";
import { codedError } from "../errors.ts";
import { CompileCache, codeText } from "../modules/compile-cache.ts";
import { type ModuleHost, magicComment, moduleHost } from "../modules/host.ts";
import { appendExceptionLine, decorateErrorStack, lineAndColumn } from "../modules/source-error.ts";
import { SigintWatchdog } from "../sigint-watchdog.ts";

const CJS_PARAMETERS = ["exports", "require", "module", "__filename", "__dirname"];

/** What V8 says of a module's syntax outside of a module. */
const MODULE_SYNTAX = [
  "Cannot use import statement outside a module",
  "Unexpected token 'export'",
  "Cannot use 'import.meta' outside a module",
];
/** What is wrong in a CommonJS module alone. */
const ONLY_IN_COMMONJS = [
  ...["module", "exports", "require", "__filename", "__dirname"].map(
    (name) => `Identifier '${name}' has already been declared`,
  ),
  "await is only valid in async functions and the top level bodies of modules",
  "Unexpected reserved word",
];

/** What V8 says of `f(await 1)` and `if (await 1);`. */
const MAYBE_AWAIT = /^(missing \) after argument list|Unexpected)/;

export const contextify: BindingFactory = (env) => {
  const host = moduleHost(env);
  const ContextifyScript = createContextifyScript(env, host);
  const watchdog = new SigintWatchdog(env);
  const made = new Set<WeakRef<VmContext>>();

  function compileFunctionForCJSLoader(
    source: string,
    filename: string,
    _isSeaMain: boolean,
    shouldDetectModule: boolean,
  ): object {
    const id = env.symbols.vm_dynamic_import_default_internal;
    let compiled: unknown;
    let canParseAsESM = false;
    try {
      compiled = CompileCache.of(env).compile("CommonJS", filename, source, () =>
        host.compileFunction(withoutHashbang(source), filename, CJS_PARAMETERS, { id }),
      );
    } catch (error) {
      canParseAsESM = isModuleError(error, source, filename, true);
      if (canParseAsESM && !shouldDetectModule) warnOfModule(env, filename);
      if (!canParseAsESM || !shouldDetectModule) {
        throw shown(env, error, { source, filename }, compileFunctionForCJSLoader);
      }
    }
    return {
      __proto__: null,
      cachedDataRejected: false,
      sourceMapURL: compiled && magicComment(env, source, "sourceMappingURL"),
      sourceURL: compiled && (magicComment(env, source, "sourceURL") ?? filename),
      function: compiled,
      canParseAsESM,
    };
  }

  /** Whether V8's error says that it might be a module, and it is one. */
  function isModuleError(
    error: unknown,
    source: string,
    filename: string,
    hasVariables: boolean,
  ): boolean {
    const { message } = error as Error;
    if (MODULE_SYNTAX.includes(message)) return true;
    const isPossible = ONLY_IN_COMMONJS.includes(message) || MAYBE_AWAIT.test(message);
    if (!hasVariables || !isPossible) return false;
    try {
      host.read(source, () => {});
      env.engine.checkModule(source, filename);
      return true;
    } catch {
      return false;
    }
  }

  return {
    ContextifyScript,
    compileFunctionForCJSLoader,

    containsModuleSyntax(
      source: string,
      filename: string,
      _resourceName?: string,
      noVariables?: unknown,
    ): boolean {
      const parameters = noVariables === undefined ? CJS_PARAMETERS : [];
      try {
        env.engine.compileFunction(withoutHashbang(source), filename, parameters);
        return false;
      } catch (error) {
        return isModuleError(error, source, filename, true);
      }
    },

    compileFunction: function compileFunction(
      source: string,
      filename: string,
      lineOffset: number,
      columnOffset: number,
      cachedData: ArrayBufferView | undefined,
      produceCachedData: boolean,
      parsingContext: object | undefined,
      extensions: readonly object[] | undefined,
      parameters: readonly string[] | undefined,
      id: symbol | undefined,
    ): object {
      const hdo = id ?? Symbol(filename);
      const context = parsingContext && contextOf(parsingContext);
      try {
        // What ends the function early, and begins another one, is no body.
        if (source.lastIndexOf("{") > source.lastIndexOf("}")) {
          checkBody(source, parameters ?? []);
        }
        const run = context
          ? (...script: Parameters<Engine["runScript"]>) =>
              context.run((one) => one.runScript(...script))
          : env.engine.runScript.bind(env.engine);
        const compiled = host.compileFunctionIn(run, source, filename, parameters ?? [], {
          ...{ id: hdo, lineOffset, columnOffset, extensions: extensions ?? [] },
        });
        (compiled as unknown as Record<symbol, unknown>)[
          env.privateSymbols.host_defined_option_symbol
        ] = hdo;
        return {
          function: compiled,
          sourceURL: magicComment(env, source, "sourceURL") ?? filename,
          sourceMapURL: magicComment(env, source, "sourceMappingURL"),
          ...(cachedData && { cachedDataRejected: !isCodeOf(source, cachedData) }),
          ...(produceCachedData && { cachedData: codeOf(env, source), cachedDataProduced: true }),
        };
      } catch (error) {
        throw shown(env, error, { source, filename, lineOffset }, compileFunction);
      }
    },

    makeContext(
      sandbox: object | symbol,
      _name: string,
      _origin: string | undefined,
      strings: boolean,
      wasm: boolean,
      runsMicrotasks: boolean,
    ): object {
      const options = { strings, wasm, runsMicrotasks };
      const context = new VmContext(
        env,
        typeof sandbox === "symbol" ? undefined : sandbox,
        options,
      );
      for (const other of made) if (!other.deref()) made.delete(other);
      made.add(new WeakRef(context));
      return context.object;
    },
    startSigintWatchdog: () => watchdog.start(),
    stopSigintWatchdog: () => watchdog.stop(),
    watchdogHasPendingSigint: () => false,
    /** Which context has what of the heap is not known: each range says what is. */
    async measureMemory(mode: number): Promise<object> {
      const used = env.engine.heapStatistics()["used_heap_size"];
      if (used === undefined) {
        throw codedError(Error, "ERR_CONTEXT_NOT_INITIALIZED", "Memory cannot be measured here");
      }
      const total = { jsMemoryEstimate: used, jsMemoryRange: [used, used] };
      if (mode === MEASURE.mode.SUMMARY) return { total };
      const part = (jsMemoryEstimate: number) => ({ jsMemoryEstimate, jsMemoryRange: [0, used] });
      const others = [...made].filter((context) => context.deref());
      return { total, current: part(used), other: others.map(() => part(0)) };
    },
    constants: { measureMemory: MEASURE },
  };
};

const MEASURE = {
  mode: { SUMMARY: 0, DETAILED: 1 },
  execution: { DEFAULT: 0, EAGER: 1 },
};

const PlainFunction = Function;

function checkBody(source: string, parameters: readonly string[]): void {
  try {
    new PlainFunction(...parameters, source);
  } catch (error) {
    const isMore = (error as Error).message === "Single function literal required";
    throw isMore ? new SyntaxError("Unexpected token '}'") : error;
  }
}

function createContextifyScript(env: Environment, host: ModuleHost) {
  return class ContextifyScript {
    cachedDataRejected?: boolean;
    cachedData?: Uint8Array;
    cachedDataProduced?: boolean;
    sourceURL: string;
    sourceMapURL: string | undefined;
    readonly #script: CompiledScript;
    readonly #source: string;
    readonly #filename: string;
    readonly #lineOffset: number;
    readonly #columnOffset: number;
    readonly #importName: string | undefined;
    #declared: Declared | undefined;

    constructor(
      source: string,
      filename: string,
      lineOffset = 0,
      columnOffset = 0,
      cachedData?: ArrayBufferView,
      produceCachedData = false,
      _parsingContext?: object,
      id?: symbol,
    ) {
      this.#source = source;
      this.#filename = filename;
      this.#lineOffset = lineOffset;
      this.#columnOffset = columnOffset;
      const hdo = id ?? Symbol(filename);
      try {
        const { text, importName } = host.scriptSource(withoutHashbang(source), filename, hdo);
        this.#importName = importName;
        this.#script = env.engine.compileScript(text, filename, { lineOffset, columnOffset });
      } catch (error) {
        throw shown(env, error, { source, filename, lineOffset, columnOffset }, ContextifyScript);
      }
      (this as Record<symbol, unknown>)[env.privateSymbols.host_defined_option_symbol] = hdo;
      if (cachedData) this.cachedDataRejected = !isCodeOf(source, cachedData);
      if (produceCachedData) {
        this.cachedData = codeOf(env, source);
        this.cachedDataProduced = true;
      }
      this.sourceURL = magicComment(env, source, "sourceURL") ?? filename;
      this.sourceMapURL = magicComment(env, source, "sourceMappingURL");
    }

    createCachedData(): Uint8Array {
      return codeOf(env, this.#source);
    }

    runInContext(
      sandbox: object | null,
      timeout: number,
      displayErrors: boolean,
      _breakOnSigint: boolean,
      _breakOnFirstLine: boolean,
    ): unknown {
      const limit = timeout < 0 ? undefined : timeout;
      if (limit !== undefined) warnOfTimeout(env);
      const context = sandbox === null ? undefined : contextOf(sandbox);
      try {
        if (context) return this.#runIn(context, limit);
        return this.#script.run(limit);
      } catch (error) {
        if (timeout >= 0 && isTimeout(error)) {
          throw codedError(
            Error,
            "ERR_SCRIPT_EXECUTION_TIMEOUT",
            `Script execution timed out after ${timeout}ms`,
          );
        }
        if (displayErrors) this.#decorate(error);
        throw error;
      }
    }

    #runIn(context: VmContext, limit: number | undefined): unknown {
      if (this.#importName !== undefined) host.lendImport(context, this.#importName);
      this.#declared ??= declaredIn(this.#source, env.engine, host.parseScript);
      return context.run((one) => this.#script.run(limit, one), this.#declared, limit);
    }

    /** Puts the line that threw in front of the error's stack, if it is one of this script. */
    #decorate(error: unknown): void {
      const { stack } = (error ?? {}) as { stack?: unknown };
      const found = typeof stack === "string" ? FIRST_FRAME.exec(stack) : null;
      if (!found || found[1] !== this.#filename) return;
      const line = Number(found[2]) - this.#lineOffset;
      const text = this.#source.split(/\r\n|[\n\r\u2028\u2029]/)[line - 1] ?? "";
      const made = Number(found[3]) - 1 - (line === 1 ? this.#columnOffset : 0);
      const thrown = text.slice(0, made).search(/\bthrow\s+(?:new\s+)?$/);
      appendExceptionLine(env, error, {
        ...{ filename: this.#filename, source: this.#source, line, lineOffset: this.#lineOffset },
        ...{ column: thrown < 0 ? made : thrown, length: 1 },
      });
      decorateErrorStack(env, error);
    }
  };
}

/** `    at name (place:line:column)` or without a name. */
const FIRST_FRAME = /^ {4}at (?:.*? \()?(.*?):(\d+):(\d+)\)?$/m;

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === "Script execution timed out.";
}

/** A SyntaxError with the lines that Node shows above it; `above` is left out of its stack. */
function shown(
  env: Environment,
  error: unknown,
  place: { source: string; filename: string; lineOffset?: number; columnOffset?: number },
  above: unknown,
): unknown {
  const known =
    typeof error === "object" && error !== null ? env.engine.syntaxErrorPosition(error) : undefined;
  if (!(error instanceof SyntaxError)) return error;
  Error.captureStackTrace(error, above as () => unknown);
  const { lineOffset = 0, columnOffset = 0 } = place;
  const line = known && known.line - lineOffset;
  const position = known
    ? { line: known.line - lineOffset, column: known.column - (line === 1 ? columnOffset : 0) }
    : parsedPosition(env, place.source);
  if (position) {
    appendExceptionLine(env, error, { ...place, ...position });
    decorateErrorStack(env, error);
  }
  return error;
}

/** Where lib/'s own parser finds no script, for engines that do not tell where they found none. */
function parsedPosition(env: Environment, source: string): SourcePosition | undefined {
  if (env.engine.name === "isolated-vm") return undefined;
  const { Parser } = env.requireBuiltin<{
    Parser: { parse(source: string, options: object): unknown };
  }>("internal/deps/acorn/acorn/dist/acorn");
  try {
    Parser.parse(source, {
      ...{ ecmaVersion: "latest", sourceType: "script" },
      ...{ allowReturnOutsideFunction: true, allowHashBang: true },
    });
    return undefined;
  } catch (error) {
    const { pos } = error as { pos?: number };
    return pos === undefined ? undefined : lineAndColumn(source, pos);
  }
}

const warned = new WeakSet<Environment>();

/** Once, where the engine cannot keep what `timeout` asks for. */
function warnOfTimeout(env: Environment): void {
  const { cannotStop } = env.engine;
  if (cannotStop === undefined || warned.has(env)) return;
  warned.add(env);
  const { emitWarningSync } = env.requireBuiltin<{ emitWarningSync(text: string): void }>(
    "internal/process/warning",
  );
  emitWarningSync(`node:vm: timeout has no effect here: ${cannotStop}`);
}

function warnOfModule(env: Environment, filename: string): void {
  const { emitWarningSync } = env.requireBuiltin<{ emitWarningSync(text: string): void }>(
    "internal/process/warning",
  );
  emitWarningSync(
    `Failed to load the ES module: ${filename}. Make sure to set "type": "module" in the nearest ` +
      "package.json file or use the .mjs extension.",
  );
}

/** `#!` begins a comment in a script, but not in a function. */
function withoutHashbang(source: string): string {
  return source.startsWith("#!") ? `//${source.slice(2)}` : source;
}

/**
 * V8's own code cache stays with the engine. What a program gets as one says which source it is of, which
 * is what a cache is asked.
 */
function codeOf(env: Environment, source: string): Uint8Array {
  const { Buffer } = env.requireBuiltin<{
    Buffer: { from(text: string): Uint8Array };
  }>("buffer");
  return Buffer.from(codeText(source));
}

function isCodeOf(source: string, data: ArrayBufferView): boolean {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return String.fromCharCode(...bytes.subarray(0, 128)) === codeText(source);
}
