/**
 * Scripts that `eval` compiled look, in stack traces, as what they are: no file name of their own,
 * nameless functions called `eval`, columns of the first line moved by what stands in front of the
 * source. Whatever formats a stack here gets call sites that tell what Node's would.
 */

/** The Node layer's own script. */
const BUNDLE = "isopod:node";

interface CallSite {
  getFileName(): string | null | undefined;
  getScriptNameOrSourceURL(): string | null | undefined;
  getFunctionName(): string | null;
  getLineNumber(): number | null;
  getColumnNumber(): number | null;
  isEval(): boolean;
  toString(): string;
}

/** Lines and columns (of the first line) to add, by file. */
export type Offsets = Map<string, { readonly line: number; readonly column: number }>;

type Format = (error: Error, trace: readonly CallSite[]) => unknown;

/** To be called when lib/ has set its own formatter. */
export function correctStackTraces(offsets: Offsets): void {
  const sourceOf = new WeakMap<Format, Format>();
  let given: unknown = (Error as { prepareStackTrace?: unknown }).prepareStackTrace;
  let shown: unknown = wrapped(given);

  function wrapped(format: unknown): unknown {
    if (typeof format !== "function") return format;
    const wrapper: Format = (error, trace) =>
      Reflect.apply(format, Error, [error, correct(trace, offsets)]);
    sourceOf.set(wrapper, format as Format);
    return wrapper;
  }

  Object.defineProperty(Error, "prepareStackTrace", {
    get: () => shown,
    set(format: unknown) {
      given = sourceOf.get(format as Format) ?? format;
      shown = wrapped(given);
    },
    enumerable: false,
    configurable: true,
  });
}

function correct(trace: readonly CallSite[], offsets: Offsets): CallSite[] {
  const sites: CallSite[] = [];
  for (let i = 0; i < trace.length; i++) {
    const site = trace[i] as CallSite;
    const file = site.getScriptNameOrSourceURL();
    if (file === BUNDLE) continue;
    const next = trace[i + 1];
    // The call of `eval` itself.
    if (!file && next?.getScriptNameOrSourceURL() === BUNDLE) continue;
    sites.push(typeof file === "string" ? corrected(site, file, offsets.get(file)) : site);
  }
  return sites;
}

function corrected(
  site: CallSite,
  file: string,
  offset: { readonly line: number; readonly column: number } | undefined,
): CallSite {
  const name = site.getFunctionName();
  const line = site.getLineNumber();
  const column = site.getColumnNumber();
  const isFirst = line === 1;
  const newLine = line === null ? null : line + (offset?.line ?? 0);
  const newColumn = column === null ? null : column + (isFirst ? (offset?.column ?? 0) : 0);
  const text = () => {
    let result = site.toString();
    if (offset)
      result = result.replace(`${file}:${line}:${column}`, `${file}:${newLine}:${newColumn}`);
    if (name !== "eval") return result;
    return result.replace(/^(async )?eval \((.*)\)$/, "$1$2").replace(".eval ", ".<anonymous> ");
  };
  return Object.create(site, {
    ...method("getFileName", () => file),
    ...method("getFunctionName", () => (name === "eval" ? null : name)),
    ...method("getLineNumber", () => newLine),
    ...method("getColumnNumber", () => newColumn),
    ...method("isEval", () => false),
    ...method("toString", text),
    ...Object.fromEntries(
      FORWARDED.flatMap((key) => {
        const original = (site as unknown as Record<string, unknown>)[key];
        if (typeof original !== "function") return [];
        return Object.entries(method(key, () => Reflect.apply(original, site, [])));
      }),
    ),
  }) as CallSite;
}

/** V8's methods check what they are called on. */
const FORWARDED = [
  ...["getThis", "getTypeName", "getFunction", "getMethodName", "getEvalOrigin", "isToplevel"],
  ...["isNative", "isConstructor", "isAsync", "isPromiseAll", "getPromiseIndex", "getPosition"],
  ...["getScriptNameOrSourceURL", "getScriptHash", "getEnclosingLineNumber"],
  ...["getEnclosingColumnNumber"],
];

function method(name: string, value: () => unknown): PropertyDescriptorMap {
  // Whatever a program adds to what all objects inherit.
  const descriptor = { __proto__: null, value, writable: true, configurable: true };
  return { [name]: descriptor as PropertyDescriptor };
}
