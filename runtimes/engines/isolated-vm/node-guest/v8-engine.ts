/** V8 as the Node layer's engine: natives where it has them. */
import type {
  CompileOptions,
  Engine,
  HeapStatistics,
  PromiseHook,
  PromiseRejectCallback,
} from "../../../node/engine.ts";
import type { Natives } from "./natives.ts";

declare const __isopodNatives: Natives;

const natives = __isopodNatives;
// biome-ignore lint/security/noGlobalEval: this is how a guest's isolate compiles the guest's code
const indirectEval = eval;

export class V8Engine implements Engine {
  readonly name = "isolated-vm";

  runMicrotasks(): void {
    natives.microtasks().next();
  }

  enqueueMicrotask(callback: () => void): void {
    natives.enqueueMicrotask(callback).next();
  }

  privateSymbol(name: string): symbol {
    return natives.privateSymbol(name).next().value as symbol;
  }

  runScript(source: string, filename: string, _options?: CompileOptions): unknown {
    return indirectEval(`${source}\n//# sourceURL=${filename}`);
  }

  compileFunction(
    source: string,
    filename: string,
    parameters: readonly string[],
    _options?: CompileOptions,
  ): (...args: never[]) => unknown {
    return indirectEval(
      `(function (${parameters.join(", ")}) {${source}\n})\n//# sourceURL=${filename}`,
    ) as (...args: never[]) => unknown;
  }

  promiseDetails(_promise: Promise<unknown>): readonly [state: 0 | 1 | 2, result?: unknown] {
    return [0];
  }

  proxyDetails(
    value: object,
  ): readonly [target: object | null, handler: object | null] | undefined {
    if (natives.isProxy(value).next().value !== true) return undefined;
    return [
      natives.proxyTarget(value).next().value as object | null,
      natives.proxyHandler(value).next().value as object | null,
    ];
  }

  previewEntries(_value: object): readonly [entries: unknown[], isKeyValue: boolean] | undefined {
    return undefined;
  }

  setPromiseRejectCallback(_callback: PromiseRejectCallback): void {}

  setPromiseHooks(..._hooks: readonly (PromiseHook | undefined)[]): void {}

  heapStatistics(): HeapStatistics {
    return { totalHeapSize: 0, usedHeapSize: 0, heapSizeLimit: 0, externalMemory: 0 };
  }

  terminate(): never {
    natives.terminate().next();
    for (;;);
  }
}
