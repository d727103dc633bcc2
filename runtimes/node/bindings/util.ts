/** internalBinding("util"): what inspection and deprecation ask of the engine. */

import { isDisguised } from "../disguised-proxies.ts";
import type { BindingFactory, Environment } from "../environment.ts";
import { isModuleNamespace } from "../modules/namespace.ts";
import { callSites, nameOfMaker } from "../stack-traces.ts";
import { parseEnv } from "./dotenv.ts";
import { guessHandleType } from "./handle-type.ts";
import { typesOf } from "./types.ts";

/** V8's PropertyFilter. */
const Filter = {
  ALL_PROPERTIES: 0,
  ONLY_WRITABLE: 1,
  ONLY_ENUMERABLE: 2,
  ONLY_CONFIGURABLE: 4,
  SKIP_STRINGS: 8,
  SKIP_SYMBOLS: 16,
};
const INDEX = /^(?:0|[1-9]\d{0,9})$/;
const MAX_INDEX = 2 ** 32 - 2;
const MILLISECOND = 1_000_000n;
const CLOCK_MONOTONIC = 1;
const FRAMES = 10;

const { getOwnPropertyDescriptor } = Object;
const { ownKeys } = Reflect;

export const util: BindingFactory = (env) => {
  const { engine } = env;
  const {
    isAnyArrayBuffer,
    isArrayBuffer,
    isAsyncFunction,
    isDataView,
    isDate,
    isExternal,
    isMap,
    isMapIterator,
    isNativeError,
    isPromise,
    isRegExp,
    isSet,
    isSetIterator,
    brandOf,
  } = typesOf(env);
  const tagOfView = getOwnPropertyDescriptor(
    Object.getPrototypeOf(Uint8Array.prototype),
    Symbol.toStringTag,
  )?.get as () => string | undefined;
  const viewTag = (value: unknown) => Reflect.apply(tagOfView, value, []) as string | undefined;

  return {
    constants: {
      ...{ kPending: 0, kFulfilled: 1, kRejected: 2 },
      ...{ kExiting: 0, kExitCode: 1, kHasExitCode: 2 },
      ...Filter,
      ...{ kDisallowCloneAndTransfer: 0, kTransferable: 1, kCloneable: 2 },
    },
    privateSymbols: env.privateSymbols,
    shouldAbortOnUncaughtToggle: new Uint32Array([1]),
    isInsideNodeModules: (limit = FRAMES) => isInsideNodeModules(limit),
    defineLazyProperties: (
      target: object,
      id: string,
      keys: readonly string[],
      enumerable = true,
    ) => defineLazyProperties(env, target, id, keys, enumerable),
    getPromiseDetails(value: object) {
      return isPromise(value) ? engine.promiseDetails(value) : undefined;
    },
    getProxyDetails(value: object, both = true) {
      // A namespace is no proxy to anybody, though ours is made of one.
      const isNone = isDisguised(value) || isModuleNamespace(value);
      const details = isNone ? undefined : engine.proxyDetails(value);
      return details && both ? details : details?.[0];
    },
    getCallerLocation() {
      const [, caller] = callSites(2);
      const file = caller?.getScriptNameOrSourceURL();
      return file ? [caller?.getLineNumber(), caller?.getColumnNumber(), file] : undefined;
    },
    previewEntries(value: object, isIterator?: boolean) {
      const preview = entriesOf(env, brandOf, value);
      if (!preview) return undefined;
      return isIterator === undefined ? preview[0] : preview;
    },
    getOwnNonIndexProperties: (value: object, filter: number) =>
      ownKeys(value).filter((key) => !isIndex(key) && passes(value, key, filter)),
    getConstructorName: (value: object) => constructorName(value, brandOf),
    getExternalValue: () => 0n,
    getCallSites: (count: number) =>
      callSites(count + 1)
        .slice(1)
        .map(describe),
    sleep(milliseconds: number) {
      env.sys.clock_nanosleep(CLOCK_MONOTONIC, 0, BigInt(milliseconds) * MILLISECOND);
    },
    parseEnv,
    arrayBufferViewHasBuffer: () => true,
    guessHandleType: (fd: number) => guessHandleType(env, fd),
    toUSVString: (value: unknown) => String(value).toWellFormed(),
    isConstructor,
    ...{ isAnyArrayBuffer, isArrayBuffer, isAsyncFunction, isDataView, isDate, isExternal },
    ...{ isMap, isMapIterator, isNativeError, isPromise, isRegExp, isSet, isSetIterator },
    isArrayBufferView: ArrayBuffer.isView,
    isTypedArray: (value: unknown) => viewTag(value) !== undefined,
    isUint8Array: (value: unknown) => viewTag(value) === "Uint8Array",
  };
};

/**
 * Properties that load their module when they are read first. V8 shows a data property to reflection;
 * here it is an accessor until then.
 */
function defineLazyProperties(
  env: Environment,
  target: object,
  id: string,
  keys: readonly string[],
  enumerable: boolean,
): void {
  for (const key of keys) {
    const define = (value: unknown) =>
      Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true });
    const accessors = {
      get [key]() {
        const value = env.requireBuiltin(id)[key];
        define(value);
        return value;
      },
      set [key](value: unknown) {
        define(value);
      },
    };
    Object.defineProperty(target, key, {
      ...getOwnPropertyDescriptor(accessors, key),
      enumerable,
      configurable: true,
    });
  }
}

function entriesOf(
  env: Environment,
  brandOf: (value: object) => string | undefined,
  value: object,
): readonly [entries: unknown[], isKeyValue: boolean] | undefined {
  switch (brandOf(value)) {
    case "Map":
      return [[...Map.prototype.entries.call(value)].flat(), true];
    case "Set":
      return [[...Set.prototype.values.call(value)], false];
    case "WeakMap":
    case "WeakSet":
      // Nothing of these can be listed: they look empty.
      return [[], false];
    default:
      return env.engine.previewIterator(value);
  }
}

/** Whether the nearest frame that is not Node's own comes from an installed package. */
function isInsideNodeModules(limit: number): boolean {
  for (const site of callSites(limit)) {
    const file = site.getScriptNameOrSourceURL();
    if (!file || file.startsWith("node:")) continue;
    return /[/\\]node_modules[/\\]/.test(file);
  }
  return false;
}

function describe(site: ReturnType<typeof callSites>[number]): object {
  const column = site.getColumnNumber();
  return Object.assign(Object.create(null), {
    functionName: site.getFunctionName() ?? "",
    scriptId: String(scriptNumber(site.getScriptNameOrSourceURL() ?? "")),
    scriptName: site.getScriptNameOrSourceURL() ?? "",
    lineNumber: site.getLineNumber(),
    columnNumber: column,
    column,
  });
}

const scripts = new Map<string, number>();

/** V8's own numbers are not told; each script has one here as well. */
function scriptNumber(name: string): number {
  let number = scripts.get(name);
  if (number === undefined) scripts.set(name, (number = scripts.size + 1));
  return number;
}

function isIndex(key: string | symbol): boolean {
  return typeof key === "string" && INDEX.test(key) && Number(key) <= MAX_INDEX;
}

function passes(value: object, key: string | symbol, filter: number): boolean {
  if (filter & Filter.SKIP_STRINGS && typeof key === "string") return false;
  if (filter & Filter.SKIP_SYMBOLS && typeof key === "symbol") return false;
  const { ONLY_WRITABLE, ONLY_ENUMERABLE, ONLY_CONFIGURABLE } = Filter;
  if ((filter & (ONLY_WRITABLE | ONLY_ENUMERABLE | ONLY_CONFIGURABLE)) === 0) return true;
  const found = getOwnPropertyDescriptor(value, key);
  if (!found) return false;
  if (filter & ONLY_ENUMERABLE && !found.enumerable) return false;
  if (filter & ONLY_CONFIGURABLE && !found.configurable) return false;
  return !(filter & ONLY_WRITABLE) || found.writable !== false;
}

/** The class that made an object; V8 knows it of any, the rest of those whose prototypes still tell. */
function constructorName(value: object, brandOf: (value: object) => string | undefined): string {
  const known = typeof value === "function" ? undefined : nameOfMaker(value);
  if (known !== undefined) return known;
  for (let at: object | null = value; at !== null; at = Object.getPrototypeOf(at)) {
    const made = getOwnPropertyDescriptor(at, "constructor")?.value;
    if (typeof made === "function" && made.name !== "") return String(made.name);
  }
  if (Array.isArray(value)) return "Array";
  if (typeof value === "function") return "Function";
  return brandOf(value) ?? "Object";
}

function isConstructor(value: unknown): boolean {
  try {
    Reflect.construct(Object, [], value as never);
    return true;
  } catch {
    return false;
  }
}
