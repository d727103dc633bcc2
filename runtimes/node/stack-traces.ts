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
    return ((holder.stack as CallSite[]) ?? []).filter(isForeign).slice(0, limit);
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** More than the bindings have between a caller and this. */
const OWN_FRAMES = 6;

/** Wraps lib/'s own formatter, which V8 calls; one that a program sets sees all frames. */
export function hideOwnFrames(): void {
  const format = Error.prepareStackTrace;
  if (!format) return;
  Object.defineProperty(Error, "prepareStackTrace", {
    configurable: true,
    enumerable: false,
    writable: true,
    value: function prepareStackTrace(error: Error, trace: CallSite[]) {
      return Reflect.apply(format, Error, [error, trace.filter(isForeign)]);
    },
  });
}

function isForeign(site: CallSite): boolean {
  return site.getFileName() !== BUNDLE;
}
