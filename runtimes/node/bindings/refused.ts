/**
 * Bindings of what guests are refused on purpose. `config` says that the first is not there, so lib/ asks
 * for little of it; what a program still reaches throws Node's error and says why.
 */
import type { Binding, BindingFactory } from "../environment.ts";
import { refused } from "../errors.ts";

/** internalBinding("inspector"): whoever debugs a guest would reach the isolate's inside. */
export const inspector: BindingFactory = () => ({
  console: {},
  isEnabled: () => false,
  ...refusing("The inspector", "programs of a machine are not debugged from within", [
    "callAndPauseOnStart",
    "consoleCall",
    "open",
    "waitForDebugger",
  ]),
});

/** internalBinding("profiler"): coverage is the inspector's. */
export const profiler: BindingFactory = () =>
  refusing("Coverage", "it needs the inspector, which programs of a machine have not", [
    "setCoverageDirectory",
    "setSourceMapCacheGetter",
    "takeCoverage",
    "stopCoverage",
    "endCoverage",
  ]);

/** internalBinding("sea"): a program is a file of its machine, not a part of Node's binary. */
export const sea: BindingFactory = () => ({
  isSea: () => false,
  isExperimentalSeaWarningNeeded: () => false,
  ...refusing("A single executable application", "Node has no binary in a machine", [
    "getAsset",
    "getAssetKeys",
  ]),
});

/** internalBinding("stream_pipe"): files into streams of HTTP/2, which no session can have. */
export const streamPipe: BindingFactory = () => ({
  StreamPipe: class StreamPipe {
    constructor() {
      throw refused("A pipe between streams of HTTP/2", "this machine speaks HTTP/1.1 only");
    }
  },
});

/** internalBinding("watchdog"): an interrupt ends a program; where it was is not told. */
export const watchdog: BindingFactory = () => ({
  TraceSigintWatchdog: class TraceSigintWatchdog {
    constructor() {
      throw refused("--trace-sigint", "the stack at an interrupt is not to be had");
    }
  },
});

/** internalBinding("wasm_web_api"): web-assembly.ts asks lib/'s module for streams by itself. */
export const wasmWebApi: BindingFactory = () => ({ setImplementation() {} });

function refusing(what: string, why: string, names: readonly string[]): Binding {
  const refuse = () => {
    throw refused(what, why);
  };
  return Object.fromEntries(names.map((name) => [name, refuse]));
}
