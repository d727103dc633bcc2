/**
 * What V8's own objects hold (heap-fields.ts), asked for safely: an object's class is proven before a
 * field is read, by the hidden class that it shares with one made here, or by a brand check.
 */
import type { HeapFields } from "./heap-fields.ts";
import type { Natives } from "./natives.ts";

declare const __isopodNatives: Natives;
declare const __isopodHeapFields: HeapFields | undefined;

type State = 0 | 1 | 2;

const natives = __isopodNatives;
const fields = __isopodHeapFields;
const { getPrototypeOf, hasOwn } = Object;
const { apply, setPrototypeOf } = Reflect;
const { isPrototypeOf: inherits } = Object.prototype;
const { then } = Promise.prototype;
const STATE = 3;

/** Promises of all contexts, one of each. */
const promises: object[] = [Promise.resolve()];
const provenPromises = new WeakSet<object>();
/** Stands for the prototype of what may be a promise: `then` asks it for a constructor once it knows. */
const witness = {};
const guard = Object.create(null, {
  constructor: {
    get() {
      throw witness;
    },
  },
}) as object;

/** Iterators of each kind, and how to make one that nobody else has. */
const iterators: {
  readonly of: "map" | "set";
  readonly isKeyValue: boolean;
  readonly sample: object;
  readonly make: () => Iterator<unknown>;
}[] = [
  kind("map", false, (map) => map.keys()),
  kind("map", false, (map) => map.values()),
  kind("map", true, (map) => map.entries()),
  kind("set", false, (_, set) => set.values()),
  kind("set", true, (_, set) => set.entries()),
];

/** Takes a promise of another context, and iterators of the kinds above, in their order. */
export function addSamples([promise, ...samples]: readonly object[]): void {
  if (promise) promises.push(promise);
  for (const [index, sample] of samples.entries()) {
    iterators.push({ ...(iterators[index] as (typeof iterators)[number]), sample });
  }
}

export function isProxy(value: unknown): boolean {
  return natives.isProxy(value).next().value === true;
}

export function proxyDetails(
  value: object,
): readonly [target: object | null, handler: object | null] | undefined {
  if (!isProxy(value)) return undefined;
  return [
    natives.proxyTarget(value).next().value as object | null,
    natives.proxyHandler(value).next().value as object | null,
  ];
}

/** A promise that has lost `Promise.prototype` is not recognised. */
export function isPromise(value: object): boolean {
  for (const promise of promises) {
    if (natives.haveSameMap(value, promise).next().value === true) return true;
  }
  if (!apply(inherits, Promise.prototype, [value]) || isProxy(value)) return false;
  if (provenPromises.has(value)) return true;
  if (!provePromise(value)) return false;
  provenPromises.add(value);
  return true;
}

/** `then` looks at the brand, then at `constructor`, and only then does something. */
function provePromise(value: object): boolean {
  if (hasOwn(value, "constructor")) return false;
  const prototype = getPrototypeOf(value);
  if (!setPrototypeOf(value, guard)) return false;
  try {
    apply(then, value, []);
    return false;
  } catch (reason) {
    return reason === witness;
  } finally {
    setPrototypeOf(value, prototype);
  }
}

export function promiseDetails(promise: object): readonly [state: State, result?: unknown] {
  if (!fields || !isPromise(promise)) return [0];
  const state = ((fields.promiseFlags(promise).next().value as number) & STATE) as State;
  return state === 0 ? [0] : [state, fields.promiseResult(promise).next().value];
}

/** Generators that run or are over are known by their prototype alone. */
export function isGenerator(value: object): boolean {
  return (natives.generatorScopes(value).next().value as number) > 0;
}

export function iteratorKind(value: object): "map" | "set" | undefined {
  return findKind(value)?.of;
}

export function previewIterator(
  value: object,
): readonly [entries: unknown[], isKeyValue: boolean] | undefined {
  const found = findKind(value);
  if (!found || !fields) return undefined;
  const copy = found.make();
  fields.setIteratorTable(copy, fields.iteratorTable(value).next().value).next();
  fields.setIteratorIndex(copy, fields.iteratorIndex(value).next().value).next();
  const entries: unknown[] = [];
  for (let step = copy.next(); !step.done; step = copy.next()) {
    if (found.isKeyValue) entries.push(...(step.value as [unknown, unknown]));
    else entries.push(step.value);
  }
  return [entries, found.isKeyValue];
}

export function continuationData():
  | { get: () => unknown; set: (value: unknown) => void }
  | undefined {
  return fields && { get: fields.getContinuationData, set: fields.setContinuationData };
}

/** Eval compiles a script without a name. */
export function nameScript(made: unknown, name: string): void {
  if (fields && typeof made === "function") fields.nameScript(made, name);
}

/** Goes on with a generator; no stack shows it. */
export function resume<T, R>(generator: Iterator<T, R>, value?: unknown): IteratorResult<T, R> {
  if (!fields) return generator.next(value as never);
  return apply(fields.next, generator, [value]) as IteratorResult<T, R>;
}

/** Lets the global scope that `builtin` is of, and this one, touch each other's global objects. */
export function joinContext(builtin: object): boolean {
  if (!fields) return false;
  const [own, other] = [Object, builtin].map((one) => fields.contextOf(one).next().value);
  fields.setSecurityToken(other, fields.securityToken(own).next().value).next();
  return true;
}

function findKind(value: object) {
  return iterators.find(({ sample }) => natives.haveSameMap(value, sample).next().value === true);
}

function kind(
  of: "map" | "set",
  isKeyValue: boolean,
  iterate: (map: Map<unknown, unknown>, set: Set<unknown>) => Iterator<unknown>,
) {
  const make = () => iterate(new Map(), new Set());
  return { of, isKeyValue, sample: make(), make };
}
