/** Stack traces show what Node's would: frames of the bindings stand where C++ has none. */

/** The script that the Node layer is bundled to, by its name in traces. */
export const BUNDLE = "isopod:node";

/** What V8 tells of a frame. */
export interface CallSite {
  getFileName(): string | null | undefined;
  getFunctionName(): string | null;
  getScriptNameOrSourceURL(): string | null | undefined;
  getLineNumber(): number | null;
  getColumnNumber(): number | null;
  isAsync?(): boolean;
  getTypeName?(): string | null;
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

// biome-ignore lint/security/noGlobalEval: makes a function that V8 shows in stacks, unlike ours
const visible = globalThis.eval("(function (run) { return run(); })") as (
  run: () => unknown,
) => unknown;

/** The class that V8 remembers to have made `value`, whatever its prototype is by now. */
export function nameOfMaker(value: object): string | undefined {
  const sites = Reflect.apply(visible, value, [() => callSites(1)]) as CallSite[];
  return sites[0]?.getTypeName?.() ?? undefined;
}

/** More than the bindings have between a caller and this. */
const OWN_FRAMES = 6;

/** The errors whose stacks were made last. */
export const recentErrors: WeakRef<Error>[] = [];
const RECENT = 16;

type Format = (global: object, error: Error, trace: CallSite[]) => unknown;
let formatInLibrary: Format | undefined;

/** What lib/ has V8 call in Node for every stack: some errors are shown in ways of their own. */
export function setFormatter(format: Format): void {
  formatInLibrary = format;
}

/** Wraps lib/'s own formatter, which V8 calls; one that a program sets sees all frames. */
export function hideOwnFrames(): void {
  const format = Error.prepareStackTrace;
  if (!format) return;
  let isAsked = false;
  Object.defineProperty(Error, "prepareStackTrace", {
    configurable: true,
    enumerable: false,
    writable: true,
    value: function prepareStackTrace(error: Error, trace: CallSite[]) {
      // lib/ asks this property in its turn for errors that have no way of their own.
      if (isAsked || !formatInLibrary) {
        return withoutEval(Reflect.apply(format, Error, [error, foreign(trace)]));
      }
      isAsked = true;
      try {
        remember(error);
        return formatInLibrary(globalThis, error, foreign(trace));
      } finally {
        isAsked = false;
      }
    },
  });
}

const EVAL = /^ {4}at (?:[\w.]+\.)?eval /m;

/** What the engine compiles as an eval, of files: V8 calls a function without a name there `eval`. */
function withoutEval(stack: unknown): unknown {
  if (typeof stack !== "string" || !EVAL.test(stack)) return stack;
  return stack
    .replace(/^( {4}at [\w.]+\.)eval \[as (.+)\] \(/gm, "$1$2 (")
    .replace(/^( {4}at )eval \[as (.+)\] \(/gm, "$1$2 (")
    .replace(/^( {4}at )eval \(((?!eval at )[^()]*:\d+:\d+)\)$/gm, "$1$2");
}

function remember(error: Error): void {
  recentErrors.push(new WeakRef(error));
  if (recentErrors.length > RECENT) recentErrors.shift();
}

/**
 * Without our own frames, where V8 does not leave them out by itself (heap-fields.ts), and those of the
 * engine's `next` between our generators and what they run: below them are only frames of our own.
 */
function foreign(trace: readonly CallSite[]): CallSite[] {
  const isOwn = (site: CallSite | undefined): boolean => site?.getFileName() === BUNDLE;
  return trace.filter((site, i) => {
    if (isOwn(site)) return false;
    if (!isNext(site)) return true;
    if (site.getTypeName?.() === "microtasks" || isOwn(trace[i - 1])) return false;
    const below = trace.slice(i + 1).find((other) => !isNext(other) && other.isAsync?.() !== true);
    // Modules' bodies are generators that lib/ has evaluated.
    const isModule = below?.getScriptNameOrSourceURL()?.startsWith("node:internal/modules/");
    return below !== undefined && !isOwn(below) && !isModule;
  });
}

function isNext(site: CallSite): boolean {
  return site.getFunctionName() === "next" && !site.getFileName();
}
