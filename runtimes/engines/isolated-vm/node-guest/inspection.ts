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

// Whoever may say what a native answers, or which objects are asked for, reads and writes memory that is
// no field of anything. So nothing here meets a method, an iterator or a global name that a program may
// have replaced, nor a property that its prototypes could have: all is taken hold of in the snapshot.
const OwnObject = Object;
const { getPrototypeOf, hasOwn } = Object;
const { apply, setPrototypeOf } = Reflect;
const { isPrototypeOf: inherits } = Object.prototype;
const { prototype: promisePrototype } = Promise;
const { then } = Promise.prototype;
const OwnMap = Map;
const OwnSet = Set;
const { has: hasWeakly, add: addWeakly } = WeakSet.prototype;
const { next: generatorNext } = getPrototypeOf(getPrototypeOf(natives.isProxy({}))) as Generator;
const { next: mapNext } = getPrototypeOf(new Map().keys()) as Iterator<unknown>;
const { next: setNext } = getPrototypeOf(new Set().values()) as Iterator<unknown>;
const STATE = 3;
const NOTHING: readonly [] = [];

/** What a native, or an accessor of a field, answers. */
export function ask<T>(asked: Generator<unknown, T>): T {
  return (apply(generatorNext, asked, NOTHING) as IteratorReturnResult<T>).value;
}

/** Lists, because an array asks its prototypes for what it has not. */
interface List<T> {
  readonly value: T;
  readonly next: List<T> | undefined;
}

interface IteratorKind {
  readonly of: "map" | "set";
  readonly isKeyValue: boolean;
  readonly sample: object;
  readonly iterate: () => Iterator<unknown>;
}

/** Promises of all contexts, one of each. */
let promises: List<object> = { value: Promise.resolve(), next: undefined };
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

const { keys, values, entries } = Map.prototype;
const { values: members, entries: memberPairs } = Set.prototype;
/** How each kind is made; samples of other contexts come in this order. */
const KINDS = [
  kind("map", false, keys),
  kind("map", false, values),
  kind("map", true, entries),
  kind("set", false, members),
  kind("set", true, memberPairs),
];
let iterators: List<IteratorKind> | undefined;
for (const value of KINDS) iterators = { value, next: iterators };

/** Takes a promise of another context, and iterators of the kinds above, in their order: proven ones. */
export function addSamples(samples: readonly object[]): void {
  const promise = samples[0];
  if (promise && !isProxy(promise) && provePromise(promise)) {
    promises = { value: promise, next: promises };
  }
  for (let i = 0; i < 5; i++) {
    const sample = samples[i + 1];
    const known = KINDS[i] as IteratorKind;
    if (!sample || !isIterator(sample, known.of)) continue;
    const { of, isKeyValue, iterate } = known;
    iterators = { value: { of, isKeyValue, sample, iterate }, next: iterators };
  }
}

/** By its brand; what it would bring next is lost. */
function isIterator(sample: object, of: "map" | "set"): boolean {
  try {
    apply(of === "map" ? mapNext : setNext, sample, NOTHING);
    return true;
  } catch {
    return false;
  }
}

export function isProxy(value: unknown): boolean {
  return ask(natives.isProxy(value)) === true;
}

export function proxyDetails(
  value: object,
): readonly [target: object | null, handler: object | null] | undefined {
  if (!isProxy(value)) return undefined;
  return [ask(natives.proxyTarget(value)), ask(natives.proxyHandler(value))];
}

/** A promise that has lost `Promise.prototype` is not recognised. */
export function isPromise(value: object): boolean {
  for (let list: List<object> | undefined = promises; list; list = list.next) {
    if (ask(natives.haveSameMap(value, list.value)) === true) return true;
  }
  if (isProxy(value) || !apply(inherits, promisePrototype, [value])) return false;
  if (apply(hasWeakly, provenPromises, [value])) return true;
  if (!provePromise(value)) return false;
  apply(addWeakly, provenPromises, [value]);
  return true;
}

/** `then` looks at the brand, then at `constructor`, and only then does something. */
function provePromise(value: object): boolean {
  if (hasOwn(value, "constructor")) return false;
  const prototype = getPrototypeOf(value);
  if (!setPrototypeOf(value, guard)) return false;
  try {
    apply(then, value, NOTHING);
    return false;
  } catch (reason) {
    return reason === witness;
  } finally {
    setPrototypeOf(value, prototype);
  }
}

export function promiseDetails(promise: object): readonly [state: State, result?: unknown] {
  if (!fields || !isPromise(promise)) return [0];
  const state = (ask(fields.promiseFlags(promise)) & STATE) as State;
  return state === 0 ? [0] : [state, ask(fields.promiseResult(promise))];
}

/** Generators that run or are over are known by their prototype alone. */
export function isGenerator(value: object): boolean {
  return ask(natives.generatorScopes(value)) > 0;
}

export function iteratorKind(value: object): "map" | "set" | undefined {
  return findKind(value)?.of;
}

export function previewIterator(
  value: object,
): readonly [entries: unknown[], isKeyValue: boolean] | undefined {
  const found = findKind(value);
  if (!found || !fields) return undefined;
  const copy = found.iterate();
  ask(fields.setIteratorTable(copy, ask(fields.iteratorTable(value))));
  ask(fields.setIteratorIndex(copy, ask(fields.iteratorIndex(value))));
  // From here on there is nothing but an iterator of the program's.
  const listed: unknown[] = [];
  for (let step = copy.next(); !step.done; step = copy.next()) {
    if (found.isKeyValue) listed.push(...(step.value as [unknown, unknown]));
    else listed.push(step.value);
  }
  return [listed, found.isKeyValue];
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
  if (!fields || typeof builtin !== "function" || isProxy(builtin)) return false;
  const other = ask(fields.contextOf(builtin));
  ask(fields.setSecurityToken(other, ask(fields.securityToken(ask(fields.contextOf(OwnObject))))));
  return true;
}

function findKind(value: object): IteratorKind | undefined {
  for (let list = iterators; list; list = list.next) {
    if (ask(natives.haveSameMap(value, list.value.sample)) === true) return list.value;
  }
  return undefined;
}

function kind(
  of: "map" | "set",
  isKeyValue: boolean,
  method: (this: never) => Iterator<unknown>,
): IteratorKind {
  const iterate = () =>
    apply(method, of === "map" ? new OwnMap() : new OwnSet(), NOTHING) as Iterator<unknown>;
  return { of, isKeyValue, sample: iterate(), iterate };
}
