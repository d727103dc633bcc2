/** internalBinding("errors"): uncaught exceptions, and how stacks are made and shown. */
import { encodeUtf8 } from "../../../kernel/abi.ts";
import type { BindingFactory } from "../environment.ts";

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

export const errors: BindingFactory = (env) => {
  let enhance: { before: (error: object) => string; after: (error: object) => string } | undefined;

  function print(error: unknown): void {
    const stack =
      typeof error === "object" && error !== null && "stack" in error
        ? enhanced(error as Error)
        : `Uncaught:\n${String(error)}`;
    const footer = `\n\nNode.js ${env.process["version"]}\n`;
    env.sys.write(STDERR, encodeUtf8(`${stack}${footer}`));
  }

  /** What lib/ makes of a stack; the stack itself where that fails in its turn. */
  function enhanced(error: Error): string {
    try {
      return String(enhance ? enhance.after(error) : error.stack);
    } catch {
      return String(error.stack);
    }
  }

  return {
    setPrepareStackTraceCallback() {},
    setGetSourceMapErrorSource() {},
    setSourceMapsEnabled() {},
    setMaybeCacheGeneratedSourceMap() {},
    setEnhanceStackForFatalException(
      before: (error: object) => string,
      after: (error: object) => string,
    ) {
      enhance = { before, after };
    },
    noSideEffectsToString: String,
    triggerUncaughtException(error: unknown, fromPromise: boolean) {
      const { _fatalException: handler } = env.process as {
        _fatalException?: (error: unknown, fromPromise: boolean) => boolean;
      };
      let handled = false;
      try {
        handled = handler?.call(env.process, error, fromPromise) === true;
      } catch (thrown) {
        print(thrown);
        env.exit(EXIT_CODES.kExceptionInFatalExceptionHandler);
      }
      if (handled) return;
      print(error);
      env.exit(env.exitCode ?? EXIT_CODES.kGenericUserError);
    },
    getErrorSourcePositions: () => ({}),
    exitCodes: EXIT_CODES,
    ...EXIT_CODES,
  };
};
