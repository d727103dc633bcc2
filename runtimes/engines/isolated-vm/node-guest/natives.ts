/**
 * What V8 can do and JavaScript cannot say: natives (`%Name`), which only code of the snapshot may use.
 * The snapshot's builder puts this text before the bundle, as it is, since no bundler can parse it. They
 * are generators because V8 never drops the bytecode of those, and could not compile them again.
 */
export interface Natives {
  microtasks(): Generator;
  enqueueMicrotask(callback: () => void): Generator;
  privateSymbol(name: string): Generator<never, symbol>;
  isProxy(value: unknown): Generator<never, boolean>;
  proxyTarget(value: object): Generator<never, object | null>;
  proxyHandler(value: object): Generator<never, object | null>;
  /** `now`: false compiles it only. */
  terminate(now: boolean): Generator;
  /** Whether both have one hidden class: then they have one class too. */
  haveSameMap(a: object, b: object): Generator<never, boolean>;
  collectGarbage(): Generator;
  /** 0 for what is no generator, and for one that is not suspended. */
  generatorScopes(value: unknown): Generator<never, number>;
}

export const NATIVES = `const __isopodNatives = {
  *microtasks() { %PerformMicrotaskCheckpoint(); },
  *enqueueMicrotask(callback) { %EnqueueMicrotask(callback); },
  *privateSymbol(name) { return %CreatePrivateSymbol(name); },
  *isProxy(value) { return %IsJSProxy(value); },
  *proxyTarget(value) { return %JSProxyGetTarget(value); },
  *proxyHandler(value) { return %JSProxyGetHandler(value); },
  *terminate(now) { if (now) %TerminateExecution(); },
  *haveSameMap(a, b) { return %HaveSameMap(a, b); },
  *collectGarbage() { %CollectGarbage(0); },
  *generatorScopes(value) { return %GetGeneratorScopeCount(value); },
};
__isopodNatives.microtasks().next();
__isopodNatives.enqueueMicrotask(() => {}).next();
__isopodNatives.privateSymbol("").next();
__isopodNatives.isProxy({}).next();
__isopodNatives.proxyTarget(new Proxy({}, {})).next();
__isopodNatives.proxyHandler(new Proxy({}, {})).next();
__isopodNatives.terminate(false).next();
__isopodNatives.haveSameMap({}, {}).next();
__isopodNatives.collectGarbage().next();
__isopodNatives.generatorScopes({}).next();
`;
