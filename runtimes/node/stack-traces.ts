/** Stack traces show what Node's would: frames of the bindings stand where C++ has none. */

/** The script that the Node layer is bundled to, by its name in traces. */
const BUNDLE = "isopod:node";

/** What V8 tells of a frame. */
export interface CallSite {
  getFileName(): string | null | undefined;
  getFunctionName(): string | null;
  getScriptNameOrSourceURL(): string | null | undefined;
  getLineNumber(): number | null;
  getColumnNumber(): number | null;
}

/** The frames that called, the nearest first, without the Node layer's own. */
export function callSites(limit: number): CallSite[] {
  const { prepareStackTrace, stackTraceLimit } = Error;
  const holder: { stack?: unknown } = {};
  try {
    Error.stackTraceLimit = limit + OWN_FRAMES;
    Error.prepareStackTrace = (_, trace) => trace;
    Error.captureStackTrace(holder);
    const { stack } = holder;
    // V8 formats no stack while a program's own formatter runs.
    return Array.isArray(stack) ? foreign(stack as CallSite[]).slice(0, limit) : [];
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** More than the bindings have between a caller and this. */
const OWN_FRAMES = 6;

/** The errors whose stacks were made last. */
export const recentErrors: WeakRef<Error>[] = [];
const RECENT = 16;

/** Wraps lib/'s own formatter, which V8 calls; one that a program sets sees all frames. */
export function hideOwnFrames(): void {
  const format = Error.prepareStackTrace;
  if (!format) return;
  Object.defineProperty(Error, "prepareStackTrace", {
    configurable: true,
    enumerable: false,
    writable: true,
    value: function prepareStackTrace(error: Error, trace: CallSite[]) {
      remember(error);
      return withoutEval(Reflect.apply(format, Error, [error, foreign(trace)]));
    },
  });
}

/** What the engine compiles as an eval, of files: V8 calls a function without a name there `eval`. */
function withoutEval(stack: unknown): unknown {
  if (typeof stack !== "string" || !stack.includes("at eval ")) return stack;
  return stack
    .replace(/^( {4}at )eval \[as (.+)\] \(/gm, "$1$2 (")
    .replace(/^( {4}at )eval \(((?!eval at )[^()]*:\d+:\d+)\)$/gm, "$1$2");
}

function remember(error: Error): void {
  recentErrors.push(new WeakRef(error));
  if (recentErrors.length > RECENT) recentErrors.shift();
}

/** Without our own frames, and those of the engine's `next` between them and generators. */
function foreign<Site extends Pick<CallSite, "getFileName" | "getFunctionName">>(
  trace: readonly Site[],
): Site[] {
  const isOwn = (site: Site | undefined): boolean => site?.getFileName() === BUNDLE;
  return trace.filter((site, i) => {
    if (isOwn(site)) return false;
    const isNext = !site.getFileName() && site.getFunctionName() === "next";
    // At the end, ours has no place left in the trace.
    const isLast = i === trace.length - 1;
    return !isNext || !(isLast || isOwn(trace[i - 1]) || isOwn(trace[i + 1]));
  });
}
