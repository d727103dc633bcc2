/**
 * internalBinding("types"): what an object is, whatever its prototype and tags say. Methods of the
 * language check brands, but throw where there is none, which is slow; so what is surely ordinary is
 * told from the rest first, and answers for the rest are remembered.
 */

import { isDisguised } from "../disguised-proxies.ts";
import type { BindingFactory, Environment } from "../environment.ts";
import { isModuleNamespace } from "../modules/namespace.ts";

export type Brand =
  | "Arguments"
  | "ArrayBuffer"
  | "BigInt"
  | "Boolean"
  | "DataView"
  | "Date"
  | "Error"
  | "Generator"
  | "Map"
  | "Map Iterator"
  | "Module"
  | "Number"
  | "Promise"
  | "Proxy"
  | "RegExp"
  | "Set"
  | "Set Iterator"
  | "SharedArrayBuffer"
  | "String"
  | "Symbol"
  | "WeakMap"
  | "WeakSet"
  | undefined;

const { apply, set } = Reflect;
const ErrorConstructor = Error;
const { getOwnPropertyDescriptor, getPrototypeOf, hasOwn, prototype: ObjectPrototype } = Object;
const { isPrototypeOf: inherits, toString: tagged } = ObjectPrototype;
const { isView } = ArrayBuffer;
const { isArray } = Array;
const { toStringTag } = Symbol;
const sharedByteLength = (): unknown =>
  globalThis.SharedArrayBuffer &&
  getOwnPropertyDescriptor(SharedArrayBuffer.prototype, "byteLength")?.get;
const typedArrayTag = getOwnPropertyDescriptor(getPrototypeOf(Uint8Array.prototype), toStringTag)
  ?.get as () => string | undefined;

const FunctionToString = Function.prototype.toString;
const GeneratorFunction = getPrototypeOf(function* () {});
const AsyncGeneratorFunction = getPrototypeOf(async function* () {});
const AsyncFunction = getPrototypeOf(async () => {});
const GeneratorPrototype = GeneratorFunction.prototype as object;
const AsyncGeneratorPrototype = AsyncGeneratorFunction.prototype as object;

/** Methods that throw unless `this` has the brand, and change nothing where it has. */
const CHECKS: readonly (readonly [brand: Brand, method: () => unknown, argument?: unknown])[] = [
  ["Map", getter(Map.prototype, "size")],
  ["Set", getter(Set.prototype, "size")],
  ["Date", method(Date.prototype.getTime)],
  ["RegExp", getter(RegExp.prototype, "global")],
  ["ArrayBuffer", getter(ArrayBuffer.prototype, "byteLength")],
  ["WeakMap", method(WeakMap.prototype.has), {}],
  ["WeakSet", method(WeakSet.prototype.has), {}],
  ["Number", method(Number.prototype.valueOf)],
  ["String", method(String.prototype.valueOf)],
  ["Boolean", method(Boolean.prototype.valueOf)],
  ["Symbol", method(Symbol.prototype.valueOf)],
  ["BigInt", method(BigInt.prototype.valueOf)],
];

export const types: BindingFactory = (env) => typesOf(env);

export type TypeChecks = ReturnType<typeof typeChecks>;

const made = new WeakMap<Environment, TypeChecks>();

export function typesOf(env: Environment): TypeChecks {
  let checks = made.get(env);
  if (!checks) made.set(env, (checks = typeChecks(env)));
  return checks;
}

function typeChecks(env: Environment) {
  const { engine } = env;
  const known = new WeakMap<object, { readonly brand: Brand }>();
  let isError = (value: unknown): boolean => value instanceof Error;
  // V8 has it not yet while a snapshot is built.
  env.onStart(() => {
    isError = (Error as unknown as { isError?: typeof isError }).isError ?? isError;
  });

  /** The brand of an object; undefined for ordinary ones, arrays and views. */
  function brandOf(value: object): Brand {
    if (engine.proxyDetails(value)) {
      if (isDisguised(value)) return undefined;
      return isModuleNamespace(value) ? "Module" : "Proxy";
    }
    if (isOrdinary(value)) return undefined;
    const found = known.get(value);
    if (found) return found.brand;
    const brand = findBrand(value);
    known.set(value, { brand });
    return brand;
  }

  function findBrand(value: object): Brand {
    if (typeof value === "function") return undefined;
    if (isError(value)) return "Error";
    if (isView(value)) {
      return apply(typedArrayTag, value, []) === undefined ? "DataView" : undefined;
    }
    if (isArray(value)) return undefined;
    // Where no tag hides it, the language tells the class of these.
    const tag = apply(tagged, value, []).slice(8, -1) as string;
    const check = CHECKS.find(([brand]) => brand === tag);
    if (check && passes(value, check)) return check[0];
    if (tag === "Arguments" && !(toStringTag in value)) return "Arguments";
    if (engine.isPromise(value)) return "Promise";
    const iterated = engine.iteratorKind(value);
    if (iterated) return iterated === "map" ? "Map Iterator" : "Set Iterator";
    if (engine.isGenerator(value) || isFinishedGenerator(value)) return "Generator";
    if (isShared(value)) return "SharedArrayBuffer";
    return CHECKS.find((other) => other !== check && passes(value, other))?.[0];
  }

  const is = (value: unknown, brand: Brand): boolean => isObject(value) && brandOf(value) === brand;
  const isBoxed = (brand: Brand): boolean =>
    brand === "Number" ||
    brand === "String" ||
    brand === "Boolean" ||
    brand === "Symbol" ||
    brand === "BigInt";
  const checker = (brand: Brand) => (value: unknown) => is(value, brand);

  return {
    isExternal: () => false,
    isDate: checker("Date"),
    isArgumentsObject: checker("Arguments"),
    isBigIntObject: checker("BigInt"),
    isBooleanObject: checker("Boolean"),
    isNumberObject: checker("Number"),
    isStringObject: checker("String"),
    isSymbolObject: checker("Symbol"),
    isBoxedPrimitive: (value: unknown) => isObject(value) && isBoxed(brandOf(value)),
    isNativeError: checker("Error"),
    isRegExp: checker("RegExp"),
    isAsyncFunction: (value: unknown) =>
      isKindOf(value, AsyncFunction) || isKindOf(value, AsyncGeneratorFunction),
    isGeneratorFunction: (value: unknown) =>
      isKindOf(value, GeneratorFunction) || isKindOf(value, AsyncGeneratorFunction),
    isGeneratorObject: checker("Generator"),
    isPromise: checker("Promise"),
    isMap: checker("Map"),
    isSet: checker("Set"),
    isMapIterator: checker("Map Iterator"),
    isSetIterator: checker("Set Iterator"),
    isWeakMap: checker("WeakMap"),
    isWeakSet: checker("WeakSet"),
    isArrayBuffer: checker("ArrayBuffer"),
    isDataView: checker("DataView"),
    isSharedArrayBuffer: checker("SharedArrayBuffer"),
    // These two touch nothing of the object: lib/ asks them of objects whose prototype warns of any use.
    // Nothing is asked of what is none: lib/ asks of objects whose prototype warns of any use.
    isProxy: (value: unknown) =>
      isObject(value) && engine.proxyDetails(value) !== undefined && brandOf(value) === "Proxy",
    isModuleNamespaceObject: isModuleNamespace,
    isAnyArrayBuffer(value: unknown) {
      if (!isObject(value)) return false;
      const brand = brandOf(value);
      return brand === "ArrayBuffer" || brand === "SharedArrayBuffer";
    },
    brandOf,
  };
}

/** Comes from `Object.prototype` with no tag on the way, and is of none of the old classes either. */
function isOrdinary(value: object): boolean {
  if (toStringTag in value || !apply(inherits, ObjectPrototype, [value])) return false;
  const tag = apply(tagged, value, []) as string;
  return tag === "[object Object]" || tag === "[object Array]" || tag === "[object Function]";
}

function passes(value: object, [brand, check, argument]: (typeof CHECKS)[number]): boolean {
  // The getters of flags take the prototype itself for a regular expression.
  if (brand === "RegExp" && value === RegExp.prototype) return false;
  const { stackTraceLimit } = Error;
  // Traces are costly, and nobody sees these; a program may have frozen Error.
  set(ErrorConstructor, "stackTraceLimit", 0);
  try {
    apply(check, value, [argument]);
    return true;
  } catch {
    return false;
  } finally {
    set(ErrorConstructor, "stackTraceLimit", stackTraceLimit);
  }
}

function isShared(value: object): boolean {
  const check = sharedByteLength();
  return check !== undefined && passes(value, ["SharedArrayBuffer", check as () => unknown]);
}

/** One that runs or is over: only its prototype is left to tell. */
function isFinishedGenerator(value: object): boolean {
  const isOne =
    apply(inherits, GeneratorPrototype, [value]) ||
    apply(inherits, AsyncGeneratorPrototype, [value]);
  return isOne && !hasOwn(value, "constructor");
}

/** A function whose syntax is that of `kind`'s functions; a prototype alone does not make one. */
function isKindOf(value: unknown, kind: object): boolean {
  if (typeof value !== "function" || !apply(inherits, kind, [value])) return false;
  return /^(?:async|function\s*\*|\*)/.test(apply(FunctionToString, value, []) as string);
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

function method(given: (...args: never[]) => unknown): () => unknown {
  return given as () => unknown;
}

function getter(prototype: object, name: string): () => unknown {
  return getOwnPropertyDescriptor(prototype, name)?.get as () => unknown;
}
