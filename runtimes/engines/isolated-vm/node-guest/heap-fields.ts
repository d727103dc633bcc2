/**
 * Fields of V8's own objects that JavaScript cannot name: a promise's state and result, the table and
 * position of a Map's or Set's iterator, and the two functions that keep a value across `await`
 * (continuation-preserved embedder data). The text below runs once, in the process that builds the
 * snapshot: it compiles accessors whose bytecode reads or writes one such field, as V8's own bytecode
 * does with the slots of a context, checks each on objects that it knows, and leaves them to the
 * snapshot. What does not check out, or ends that process, is left out: callers then know less.
 *
 * Architecture Invariant: an accessor is called only with an object whose class was proven (v8-engine.ts):
 * on any other it would read or write what is no field. No program may reach one.
 */
export interface HeapFields {
  /** Builtins of V8's: the value that follows asynchronous calls. */
  readonly getContinuationData: () => unknown;
  readonly setContinuationData: (value: unknown) => void;
  /** A promise's state (2 bits) and whether it has a handler (the third). */
  promiseFlags(promise: object): Generator<never, number>;
  /** Result of a settled promise: one that is pending has V8's own objects there. */
  promiseResult(promise: object): Generator<never, unknown>;
  /** Lets `copy`, an iterator of the same kind, go on where `iterator` is. */
  iteratorTable(iterator: object): Generator<never, unknown>;
  iteratorIndex(iterator: object): Generator<never, unknown>;
  setIteratorTable(copy: object, table: unknown): Generator;
  setIteratorIndex(copy: object, index: unknown): Generator;
  /** The global scope of a builtin function, and what says which scopes may touch each other's globals. */
  contextOf(builtin: object): Generator<never, unknown>;
  securityToken(context: unknown): Generator<never, unknown>;
  setSecurityToken(context: unknown, token: unknown): Generator;
  /** What V8 keeps of an instance of WebAssembly (text-natives.ts). */
  instanceData(instance: object): Generator<never, unknown>;
  /** Gives the script that `made` is of, which eval compiled, the name of a file. */
  nameScript(made: object, name: string): void;
  /** Generators' own `next`, which leaves no frame in stacks. */
  readonly next: <T, R>(this: Iterator<T, R>) => IteratorResult<T, R>;
}

/** What stands for the accessors where V8 is another one than they were written for. */
export const NO_HEAP_FIELDS = "const __isopodHeapFields = undefined;\n";

/**
 * Generators, because V8 never drops their bytecode. Slots count from behind an object's second word, as
 * a context's do. %InstallBytecode takes away from a function what V8 needs once the function is called
 * often (its feedback metadata), so that is put back, with accessors made in the same way.
 */
export const HEAP_FIELDS = `const __isopodHeapFields = (() => {
  const SHARED_OF_FUNCTION = 2, METADATA_OF_SHARED = 2, FIRST = 1, SECOND = 2;
  const CONTEXT_OF_FUNCTION = 3, GLOBAL_OF_CONTEXT = 2, NEXT_OF_CONTEXT = 6, TOKEN_OF_CONTEXT = 206;
  const SCRIPT_OF_SHARED = 3, NAME_OF_SCRIPT = 0, TYPE_OF_SCRIPT = 4, NORMAL = 2, INSPECTOR = 4;
  const FIRST_FLAGS_OF_SCRIPT = 9, EVAL = 1;
  const CONTEXT = 0xff, FIRST_ARGUMENT = 3, RETURN = 0xb7, LOAD_IMMUTABLE = 0x16, UNDEFINED = 0x0e;
  const LOAD = "return v20", STORE = "v20 = value";
  // Another text in each context: V8 would hand out functions whose bytecode was replaced already.
  const once = Math.random();
  let count = 0;
  function template(body) {
    // More variables than V8 keeps cells for, so that they are plain slots.
    const names = Array.from({ length: 32 }, (_, i) => "v" + i);
    const make = (0, eval)("(() => { var " + names.map((name) => name + " = 0").join() +
      "; const keep = () => [" + names + "]; return (given) => { return { keep, given: () => given," +
      " *accessor(object, value) { /*" + ++count + once + "*/ " + body + " } } } })()");
    const { accessor } = make(1);
    accessor({}, {}).next();
    return accessor;
  }
  function install(accessor, slot) {
    %NeverOptimizeFunction(accessor);
    const code = %GetBytecode(accessor);
    const bytes = new Uint8Array(code.bytecode);
    const end = bytes.length - 1;
    // "load <context>, slot, 1; return" or "store <context>, slot, 1; load undefined; return"
    const at = end - (bytes[end - 1] === UNDEFINED ? 5 : 4);
    if (bytes[end] !== RETURN || bytes[at + 1] !== CONTEXT || bytes[at + 3] !== 1) {
      throw new Error("another bytecode");
    }
    bytes[at + 1] = FIRST_ARGUMENT;
    bytes[at + 2] = slot;
    bytes[at + 3] = 0;
    code.bytecode = bytes.buffer;
    %InstallBytecode(accessor, code);
    return accessor;
  }
  const run = (accessor, object, value) => accessor(object, value).next().value;
  const sharedOf = install(template(LOAD), SHARED_OF_FUNCTION);
  const metadataOf = install(template(LOAD), METADATA_OF_SHARED);
  const setMetadata = install(template(STORE), METADATA_OF_SHARED);
  const metadata = (accessor) => run(metadataOf, run(sharedOf, accessor));
  const forLoad = metadata(template(LOAD)), forStore = metadata(template(STORE));
  run(setMetadata, run(sharedOf, sharedOf), forLoad);
  run(setMetadata, run(sharedOf, metadataOf), forLoad);
  run(setMetadata, run(sharedOf, setMetadata), forStore);
  function make(body, slot) {
    const accessor = template(body);
    const own = metadata(accessor);
    install(accessor, slot);
    if (%IsSameHeapObject(own, metadata(accessor))) throw new Error("another function");
    run(setMetadata, run(sharedOf, accessor), own);
    return accessor;
  }
  /** A slot of the native context, which is the context of a function of the global scope. */
  function contextSlot(slot) {
    const reader = (0, eval)("(function () { return " + slot + " /*" + once + "*/ })");
    reader();
    const code = %GetBytecode(reader);
    code.bytecode = new Uint8Array([LOAD_IMMUTABLE, CONTEXT, slot, 0, RETURN]).buffer;
    %InstallBytecode(reader, code);
    return reader();
  }
  function findExtras() {
    for (let slot = 40; slot < 120; slot++) {
      const value = contextSlot(slot);
      if (%IsSmi(value) || !%IsJSReceiver(value) || typeof value !== "object") continue;
      if (%ObjectHasOwnProperty(value, "getContinuationPreservedEmbedderData")) return value;
    }
    throw new Error("another context");
  }
  function check(holds) {
    if (!holds) throw new Error("another layout");
  }
  const scriptOfShared = make(LOAD, SCRIPT_OF_SHARED), nameOf = make(LOAD, NAME_OF_SCRIPT);
  const scriptOf = (made) => run(scriptOfShared, run(sharedOf, made));
  /** Eval leaves a mark in a script's flags. */
  function findFlags() {
    const evaluated = scriptOf((0, eval)("(() => {/*" + once + "*/})")), other = scriptOf(run);
    for (let slot = FIRST_FLAGS_OF_SCRIPT; slot < FIRST_FLAGS_OF_SCRIPT + 4; slot++) {
      const flagsOf = make(LOAD, slot);
      const [flags, others] = [run(flagsOf, evaluated), run(flagsOf, other)];
      if (!%IsSmi(flags) || !%IsSmi(others) || (flags & EVAL) === 0 || (others & EVAL) !== 0) continue;
      return [flagsOf, make(STORE, slot)];
    }
    throw new Error("another script");
  }
  function makeNameScript() {
    const [flagsOf, setFlags] = findFlags();
    const setName = make(STORE, NAME_OF_SCRIPT);
    const nameScript = (made, name) => {
      const script = scriptOf(made);
      run(setName, script, name);
      run(setFlags, script, run(flagsOf, script) & ~EVAL);
    };
    const made = (0, eval)("(() => [1].map(() => new Error().stack)[0]/*" + once + "*/)");
    nameScript(made, "file:name");
    check(run(nameOf, scriptOf(made)) === "file:name" && !String(made()).includes("eval"));
    return nameScript;
  }
  /** Frames of a script that is no program's are in no stack, and its functions' text is not shown. */
  function hideScript(ofScript) {
    const typeOf = make(LOAD, TYPE_OF_SCRIPT);
    const script = scriptOf(ofScript);
    check(run(nameOf, script) === "isopod:node");
    // In the context where the snapshot warms up (warm-up.ts): the first one shares its scripts.
    if (run(typeOf, script) === INSPECTOR) return;
    check(run(typeOf, script) === NORMAL && String(check).includes("another layout"));
    run(make(STORE, TYPE_OF_SCRIPT), script, INSPECTOR);
    check(run(typeOf, script) === INSPECTOR && String(check).includes("[native code]"));
  }
  const extras = findExtras();
  const fields = {
    getContinuationData: extras.getContinuationPreservedEmbedderData,
    setContinuationData: extras.setContinuationPreservedEmbedderData,
    promiseFlags: make(LOAD, SECOND),
    promiseResult: make(LOAD, FIRST),
    iteratorTable: make(LOAD, FIRST),
    iteratorIndex: make(LOAD, SECOND),
    setIteratorTable: make(STORE, FIRST),
    setIteratorIndex: make(STORE, SECOND),
    contextOf: make(LOAD, CONTEXT_OF_FUNCTION),
    securityToken: make(LOAD, TOKEN_OF_CONTEXT),
    setSecurityToken: make(STORE, TOKEN_OF_CONTEXT),
    instanceData: make(LOAD, FIRST),
    nameScript: makeNameScript(),
    next: contextSlot(NEXT_OF_CONTEXT),
  };
  const context = run(fields.contextOf, Object);
  const token = run(fields.securityToken, context);
  check(%IsSameHeapObject(token, contextSlot(GLOBAL_OF_CONTEXT)));
  run(fields.setSecurityToken, context, token);
  check(%IsSameHeapObject(token, run(fields.securityToken, context)));
  check(fields.next.name === "next" && fields.next !== [].values().next);
  check(Reflect.apply(fields.next, (function* () { yield 7; })(), []).value === 7);
  const rejected = Promise.reject(5), own = {};
  const states = [new Promise(() => {}), Promise.resolve(own), rejected];
  // Often enough for V8 to keep feedback and to compile them.
  for (let turn = 0; turn < 2000; turn++) {
    states.forEach((promise, state) => check(run(fields.promiseFlags, promise) === state + (turn && state === 2 ? 4 : 0)));
    check(run(fields.promiseResult, states[1]) === own && run(fields.promiseResult, rejected) === 5);
    rejected.catch(() => {});
    const iterator = new Map([[1, 2], [3, own]]).entries(), copy = new Map().entries();
    iterator.next();
    run(fields.setIteratorTable, copy, run(fields.iteratorTable, iterator));
    run(fields.setIteratorIndex, copy, run(fields.iteratorIndex, iterator));
    const [[key, value], ...rest] = [...copy];
    check(key === 3 && value === own && rest.length === 0 && iterator.next().value[1] === own);
  }
  fields.setContinuationData(own);
  check(fields.getContinuationData() === own);
  fields.setContinuationData(undefined);
  hideScript(run);
  return fields;
})();
`;
