/**
 * What an isolate of a Node process runs: the Node layer on V8. This script and lib/'s text become one
 * snapshot, built in a process of its own with `--allow-natives-syntax` (natives.ts); `startNode` is
 * called once in each isolate that comes from it.
 */
import { type CompiledModule, type Library, NodeRuntime } from "../../../node/guest.ts";
import { type LibraryIndex, lentModule, readModule } from "../../../node/library.ts";
import type { CopiedReason } from "../../../node/rejections.ts";
import { recentErrors } from "../../../node/stack-traces.ts";
import { lendStrings } from "../../../node/text/units.ts";
import { noThreads, type ThreadSpec } from "../../../node/threads.ts";
import { createBlockingKernel } from "../../shared-memory/blocking-sys.ts";
import { Channel, GuestGone } from "../../shared-memory/channel.ts";
import { watchAsyncWaits } from "./async-waits.ts";
import { nativeText } from "./native-text.ts";
import { type LendCallback, type OwnLibrary, OwnThreads } from "./own-threads.ts";
import { keepContext, makeReleasable } from "./spare-context.ts";
import { Turn, type TurnResult } from "./turn.ts";
import { Turns } from "./turns.ts";
import { type OwnContext, type OwnIsolate, V8Engine } from "./v8-engine.ts";
import { WARM_UP, WarmUpChannel } from "./warm-up.ts";

/** Put there by the script that builds the snapshot: the modules that lib/ needs to boot, and the index. */
declare const __isopodLibrary: LibraryIndex & {
  /** Functions of lib/'s modules: each a script, which all contexts of the snapshot's isolate share. */
  readonly compiled: Record<string, CompiledModule>;
  /** What is no module. */
  readonly sources: Record<string, string>;
  /** True in the snapshot that threads of worker_threads begin as. */
  readonly isWorkerThread: boolean;
};

/** What the kernel's thread hands to `startNode`. */
export interface NodeJob {
  readonly memory: SharedArrayBuffer;
  readonly bell: SharedArrayBuffer;
  readonly slot: number;
  readonly argv: readonly string[];
  readonly envp: readonly string[];
  /** Text of modules of lib/, one after the other, as the index says; the kernel's side lends the rest. */
  readonly library: SharedArrayBuffer;
  /** Which thread of the process this is; undefined: the main one. */
  readonly thread: ThreadSpec | undefined;
}

/**
 * Modules that most programs use: in the snapshot they cost little. Not `assert`, whose colours look at
 * the process's standard error.
 */
const PRELOAD = [
  ...["fs", "path", "url", "util", "stream", "os", "net", "http", "readline", "child_process"],
  ...["internal/fs/promises", "internal/fs/streams"],
  // What `-e`, scripts on standard input and ES modules need.
  ...["module", "internal/modules/esm/loader", "internal/modules/esm/assert"],
  ...["internal/source_map/source_map", "internal/vm/module"],
  // Not "translators", which takes hold of WebAssembly, nor "resolve" and "load", which take hold of
  // options: a snapshot is built without the one, and before the others are known.
  ...["internal/modules/esm/module_map", "internal/modules/esm/module_job"],
];

const index = __isopodLibrary;
/** Read by the snapshot's builder: what the snapshot has to hold. */
const usedModules = new Set<string>();
const usedSources = new Set<string>();
let text: SharedArrayBuffer | undefined;
let textBytes = 0;
let largeModule: (id: string) => ArrayBuffer;
/** Milliseconds between two looks at the heap. */
const NOTE_MS = 50;
const { now } = Date;
let noteHeap = (): void => {};
const { compiled, sources } = index;

const library: Library = {
  versions: index.versions,
  config: index.config,
  ids: Object.keys(index.modules).filter((id) => !id.startsWith("isopod/")),
  compiled(id) {
    const module = compiled[id];
    if (!text) usedModules.add(id);
    delete compiled[id];
    return module;
  },
  source(id) {
    const inSnapshot = sources[id];
    if (!text) usedSources.add(id);
    if (inSnapshot !== undefined) return inSnapshot;
    if (!text) throw new Error(`No such built-in module: ${id}`);
    const offset = index.modules[id]?.[0] ?? 0;
    if (offset < textBytes) return readModule(index, text, id);
    return lentModule(index, largeModule(id), id);
  },
};

watchAsyncWaits();
const engine = new V8Engine();
const runtime = new NodeRuntime(engine, library, index.isWorkerThread);
runtime.boot(index.isWorkerThread ? [] : PRELOAD);
const turns = new Turns(runtime, engine);
recentErrors.length = 0;
for (const id of Object.keys(sources)) delete sources[id];
const scope = globalThis as Record<string, unknown>;
delete scope["__isopodLibrary"];

function startNode(
  job: NodeJob,
  isolate: OwnIsolate,
  context: OwnContext,
  getCode: (key: string) => unknown,
  putCode: (key: string, data: unknown) => void,
  getNote: (key: string) => string | undefined,
  putNote: (key: string, note: string) => void,
  getLarge: (id: string) => ArrayBuffer,
  ivm: OwnLibrary,
  lendThreads: LendCallback,
): TurnResult {
  hideEntries(job);
  keepContext();
  text = job.library;
  // Now, since a program could have itself handed what is asked for its length.
  textBytes = text.byteLength;
  largeModule = getLarge;
  const makeStrings = nativeText();
  if (makeStrings) lendStrings(makeStrings);
  engine.attach(isolate, context, { get: getCode, put: putCode, getNote, putNote });
  const kernel = createBlockingKernel(new Channel(job.memory, job.bell, job.slot));
  noteHeap = heapNoter(kernel);
  const threads = new OwnThreads(job.thread, ivm, lendThreads, () => engine.terminate());
  return untilGone(() => turns.start({ kernel, argv: job.argv, envp: job.envp, threads }));
}

type Entry = Parameters<typeof startNode> | [undefined, CopiedReason?] | [null, OwnIsolate];

/**
 * The one entry: starts a process, or with no job goes on with it after a turn (turns.ts). With null it
 * makes an isolate smaller that waits for a process.
 */
function enterNode(...args: Entry): TurnResult {
  if (args[0] !== null) {
    const result = args[0]
      ? startNode(...(args as Parameters<typeof startNode>))
      : untilGone(() => turns.resume(args[1] as CopiedReason | undefined));
    noteHeap();
    return result;
  }
  engine.tidy(args[1] as OwnIsolate);
  return Turn.over;
}

/** Tells the kernel's side what the process takes, which watches over all guests' sum (memory-watch.ts). */
function heapNoter({ noteMemory }: ReturnType<typeof createBlockingKernel>): () => void {
  const outside = engine.heapStatistics()["externally_allocated_size"] ?? 0;
  let notedAt = 0;
  return () => {
    const time = now();
    if (time - notedAt < NOTE_MS) return;
    notedAt = time;
    const heap = engine.heapStatistics();
    const external = heap["externally_allocated_size"] ?? 0;
    noteMemory((heap["total_heap_size"] ?? 0) + Math.max(0, external - outside));
  };
}

function untilGone(run: () => TurnResult): TurnResult {
  try {
    return run();
  } catch (reason) {
    if (reason instanceof GuestGone) return Turn.over;
    throw reason;
  }
}

/** What the kernel's side has taken hold of, no program shall see; a snapshot has no shared memory. */
function hideEntries(job: NodeJob): void {
  runtime.loop.onIdle = () => engine.tidy();
  for (const name of ["startNode", "isopodUsed", "isopodWarmUp"]) delete scope[name];
  Object.defineProperty(scope, "SharedArrayBuffer", {
    value: job.memory.constructor,
    writable: true,
    enumerable: false,
    configurable: true,
  });
}

scope["isopodUsed"] = { modules: usedModules, sources: usedSources };
/** For the snapshot's builder: see warm-up.ts. */
scope["isopodWarmUp"] = () => {
  const kernel = createBlockingKernel(new WarmUpChannel());
  let turn = untilGone(() => turns.start({ kernel, ...WARM_UP, threads: noThreads }));
  while (turn === Turn.again) turn = enterNode(undefined);
};
scope["startNode"] = enterNode;
makeReleasable();
