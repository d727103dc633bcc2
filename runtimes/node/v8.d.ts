/** What V8 adds to the language, and QuickJS has as well. */
declare global {
  interface ErrorConstructor {
    captureStackTrace(target: object, above?: (...args: never[]) => unknown): void;
    stackTraceLimit: number;
    prepareStackTrace?: ((error: Error, trace: unknown[]) => unknown) | undefined;
  }
}

export {};
