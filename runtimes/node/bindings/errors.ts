/** internalBinding("errors"): uncaught exceptions, and how stacks are made and shown. */
import { encodeUtf8 } from "../../../kernel/abi.ts";
import type { BindingFactory } from "../environment.ts";
import {
  appendExceptionLine,
  arrowMessage,
  isUnshown,
  type SourcePlace,
} from "../modules/source-error.ts";
import { setFormatter } from "../stack-traces.ts";
import { madePlace, stackOf, throwPlace } from "../throw-place.ts";
import { noSideEffectsToString } from "../value-text.ts";

const EXIT_CODES = {
  kNoFailure: 0,
  kGenericUserError: 1,
  kInternalJSParseError: 3,
  kInternalJSEvaluationFailure: 4,
  kV8FatalError: 5,
  kInvalidFatalExceptionMonkeyPatching: 6,
  kExceptionInFatalExceptionHandler: 7,
  kInvalidCommandLineArgument: 9,
  kBootstrapFailure: 10,
  kInvalidCommandLineArgument2: 12,
  kUnsettledTopLevelAwait: 13,
  kStartupSnapshotFailure: 14,
  kAbort: 134,
};
const STDERR = 2;
const ABORT_OPTION = /^--abort[-_]on[-_]uncaught[-_]exception$/;

type Enhance = (error: object) => unknown;
/** What lib/ says of a place whose file has a source map. */
type MappedSource = (filename: string, line: number, column: number) => string | undefined;

export const errors: BindingFactory = (env) => {
  const { arrow_message_private_symbol: arrow, decorated_private_symbol: decorated } =
    env.privateSymbols;
  let enhancers: readonly Enhance[] = [];
  let mappedSource: MappedSource | undefined;
  let mapsSources = false;

  function say(text: string): void {
    env.sys.write(STDERR, encodeUtf8(text));
  }

  function option(name: string): unknown {
    return env
      .requireBuiltin<{ getOptionValue(name: string): unknown }>("internal/options")
      .getOptionValue(name);
  }

  /** ReportFatalException of Node's: the source, the stack as lib/ shows it, and hints. */
  function report(error: unknown, fromPromise: boolean, enhances: boolean): void {
    const place = fromPromise ? madePlace(env, error) : throwPlace(env, error);
    if (place) showSource(error, place);
    const stack = isObject(error) ? shownStack(error, enhances) : undefined;
    if (stack !== undefined && String(stack) !== "") say(`${above(error)}${stack}\n`);
    else {
      say(`${above(error)}${described(error)}\n`);
      if (!option("--trace-uncaught")) {
        const name = (env.argv[0] ?? "").replace(/^.*\//, "") || "node";
        say(`(Use \`${name} --trace-uncaught ...\` to show where the exception was thrown)\n`);
      }
    }
    if (option("--trace-uncaught") && error instanceof Error) {
      const frames = String(stackOf(error)).match(/^ {4}at .*$/gm) ?? [];
      say(["Thrown at:", ...frames, ""].join("\n"));
    }
    say(`\nNode.js ${env.process["version"]}\n`);
  }

  /** Kept beside an error of the language's, told at once for any other object. */
  function showSource(error: unknown, place: SourcePlace): void {
    if (isUnshown(place)) return;
    const mapped = mapsSources
      ? mappedSource?.(place.filename, place.line, place.column)
      : undefined;
    if (error instanceof Error) {
      const marked = error as unknown as Record<symbol, unknown>;
      // What could not be compiled was shown where the compiler found it.
      if (typeof marked[arrow] === "string") return;
      if (mapped === undefined) appendExceptionLine(env, error, place);
      else marked[arrow] = mapped;
    } else say(`\n${mapped ?? arrowMessage(place)}`);
  }

  function above(error: unknown): string {
    if (!isObject(error)) return "";
    const marked = error as Record<symbol, unknown>;
    return typeof marked[arrow] === "string" && !marked[decorated] ? `${marked[arrow]}\n` : "";
  }

  /** What lib/ makes of a stack; the stack itself where that fails in its turn. */
  function shownStack(error: object, enhances: boolean): unknown {
    let stack = stackOf(error);
    for (const enhance of enhances ? enhancers : []) {
      try {
        stack = enhance(error);
      } catch {
        // The stack is shown as it is.
      }
    }
    return stack;
  }

  /** --abort-on-uncaught-exception, which a domain with a handler holds off. */
  function aborts(fromPromise: boolean): boolean {
    const { execArgv } = env.internalBinding<{ execArgv: readonly string[] }>("options");
    if (!execArgv.some((option) => ABORT_OPTION.test(option))) return false;
    const { shouldAbortOnUncaughtToggle: toggle } = env.internalBinding<{
      shouldAbortOnUncaughtToggle: Uint32Array;
    }>("util");
    return fromPromise || toggle[0] !== 0;
  }

  function fatal(error: unknown, fromPromise: boolean, code: number | undefined): never {
    report(error, fromPromise, code !== EXIT_CODES.kInvalidFatalExceptionMonkeyPatching);
    return env.exit(code ?? env.exitCode ?? EXIT_CODES.kGenericUserError);
  }

  return {
    setPrepareStackTraceCallback: setFormatter,
    setGetSourceMapErrorSource(callback: MappedSource) {
      mappedSource = callback;
    },
    setSourceMapsEnabled(enabled: boolean) {
      mapsSources = enabled;
    },
    setMaybeCacheGeneratedSourceMap() {},
    setEnhanceStackForFatalException(before: Enhance, after: Enhance) {
      enhancers = [before, after];
    },
    noSideEffectsToString,
    triggerUncaughtException(error: unknown, fromPromise: boolean) {
      if (aborts(fromPromise)) {
        report(error, fromPromise, true);
        env.internalBinding<{ abort(): never }>("process_methods").abort();
      }
      const handler = env.process["_fatalException"];
      if (typeof handler !== "function") {
        fatal(error, fromPromise, EXIT_CODES.kInvalidFatalExceptionMonkeyPatching);
      }
      let handled: unknown;
      try {
        handled = Reflect.apply(handler as () => unknown, env.process, [error, fromPromise]);
      } catch (thrown) {
        fatal(thrown, false, EXIT_CODES.kExceptionInFatalExceptionHandler);
      }
      if (handled === false) fatal(error, fromPromise, undefined);
    },
    /** Where an error, or what captureStackTrace was called on, was made. */
    getErrorSourcePositions(error: unknown) {
      const place = madePlace(env, error);
      // Nothing of a text that is nowhere kept: lib/ counts on a line.
      if (!place) return { sourceLine: "", startColumn: 0 };
      return {
        sourceLine: place.source.split(/\r\n|[\n\r\u2028\u2029]/)[place.line - 1],
        scriptResourceName: place.filename,
        lineNumber: place.line,
        startColumn: place.column,
      };
    },
    exitCodes: EXIT_CODES,
    ...EXIT_CODES,
  };
};

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Of what has no stack: `name: message` where it has both, else as text. */
function described(error: unknown): string {
  if (isObject(error)) {
    const { name, message } = error as { name?: unknown; message?: unknown };
    if (name !== undefined && message !== undefined) return `${String(name)}: ${String(message)}`;
  }
  try {
    // A symbol has no text to a C++ string.
    return typeof error === "symbol" ? "" : String(error);
  } catch {
    return "<toString() threw exception>";
  }
}
