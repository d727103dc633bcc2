/** Stack traces show what Node's would: frames of the bindings stand where C++ has none. */

/** The script that the Node layer is bundled to, by its name in traces. */
const BUNDLE = "isopod:node";

interface CallSite {
  getFileName(): string | null | undefined;
}

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
