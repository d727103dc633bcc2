/**
 * A Node process in a tab: boots lib/ while the guest waits for a program, then runs one, step by step on
 * the worker's event loop, because a browser runs microtasks only between its own tasks.
 */
import { type Library, NodeRuntime } from "../../../node/guest.ts";
import { decodeWith, readModule } from "../../../node/library.ts";
import type { Node } from "../../../node/modules/syntax-tree.ts";
import { createBlockingKernel } from "../../shared-memory/blocking-sys.ts";
import { Channel } from "../../shared-memory/channel.ts";
import type { GuestReport } from "../messages.ts";
import { BrowserEngine } from "./browser-engine.ts";
import { bareGlobals } from "./globals.ts";
import { makeHop } from "./hops.ts";
import type { NodeGuestLibrary, NodeGuestRequest } from "./messages.ts";
import { OwnThreads } from "./own-threads.ts";
import { useStock } from "./shared-memory.ts";
import { inSteps } from "./timers-in-steps.ts";

declare const self: DedicatedWorkerGlobalScope;
/** The parameters of the function that loader.ts makes of this script. */
declare const port: MessagePort;
declare const library: NodeGuestLibrary;

interface Acorn {
  parse(source: string, options: object): Node;
}

/** Modules that most programs use. */
const PRELOAD = ["fs", "path", "url", "util", "stream", "os"];

const { index, text } = library;
const decode = decodeWith(TextDecoder);
const tell = port.postMessage.bind(port) as (report: GuestReport) => void;
const hop = makeHop();
const engine = new BrowserEngine((source) =>
  runtime
    .requireBuiltin<Acorn>("internal/deps/acorn/acorn/dist/acorn")
    .parse(source, { ecmaVersion: "latest", sourceType: "script", allowHashBang: true }),
);
const sources: Library = {
  versions: index.versions,
  config: index.config,
  ids: Object.keys(index.modules).filter((id) => !id.startsWith("isopod/")),
  source: (id) => inSteps(id, readModule(index, text, id, decode)),
};

self.onmessage = ({ data }: MessageEvent<NodeGuestRequest>) => {
  try {
    run(data);
  } catch (reason) {
    fail(reason);
  }
};

bareGlobals(self);
const runtime = new NodeRuntime(engine, sources, library.isWorkerThread);
runtime.boot(library.isWorkerThread ? [] : PRELOAD);
engine.booted();

function run({ memory, bell, slot, argv, envp, thread, stock }: NodeGuestRequest): void {
  useStock(stock);
  const channel = new Channel(memory, bell, slot);
  const call = channel.call.bind(channel);
  // The process is over, however a program would catch what unwinds it.
  channel.call = (number, length) => {
    try {
      return call(number, length);
    } catch {
      return engine.terminate();
    }
  };
  const kernel = createBlockingKernel(channel);
  const threads = new OwnThreads(
    thread,
    (call) => tell({ type: "thread", call }),
    () => engine.terminate(),
  );
  const steps = runtime.run({ kernel, argv, envp, threads });
  const next = (): void => {
    try {
      engine.beginTask();
      if (!runtime.runTicks()) steps.next();
      hop(next);
    } catch (reason) {
      fail(reason);
    }
  };
  next();
}

function fail(reason: unknown): void {
  const message = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
  tell({ type: "fault", message });
}
