/**
 * A machine whose programs are WebAssembly guests, without shell and API: what the tests of the engine
 * and of WASI run on. Modules come from wasm-module.ts, or from the base image's commands.
 */
import { Buffer } from "node:buffer";
import {
  AT_FDCWD,
  type BinaryFormat,
  encodeUtf8,
  type Gate,
  type Kernel,
  type KernelOptions,
  O_CLOEXEC,
  O_CREAT,
  O_TRUNC,
  O_WRONLY,
  type SpawnAction,
  SpawnOp,
} from "../../../kernel/index.ts";
import { Guests } from "../../../runtimes/engines/guests.ts";
import { InlineEngine } from "../../../runtimes/engines/inline/engine.ts";
import { compiledModules } from "../../../runtimes/engines/inline/modules.ts";
import { IsolatedVmEngine } from "../../../runtimes/engines/isolated-vm/engine.ts";
import { defaultMemoryLimits } from "../../../runtimes/engines/isolated-vm/memory-limits.ts";
import { guestBundle } from "../../../src/guest-bundle.ts";
import { nodeHost } from "../../../src/platforms/node/host.ts";
import { bootKernel, NO_ATTRIBUTES, now } from "../../kernel/boot.ts";

export interface GuestEngine extends BinaryFormat {
  /** Guests that run now. */
  readonly size: number;
  settle(): Promise<void>;
  dispose?(): void;
}

/** Makes an engine; bounds that a test sets apply to whichever it is. */
type MakeEngine = (bounds: EngineBounds, faults: unknown[]) => Promise<GuestEngine>;

export interface EngineBounds {
  /** Bytes of memory of all guests together. */
  readonly memory?: number;
}

async function isolates({ memory }: EngineBounds, faults: unknown[]): Promise<GuestEngine> {
  const onFault = (reason: unknown) => faults.push(reason);
  const limits = defaultMemoryLimits();
  const guests = new Guests({
    scheduler: nodeHost.scheduler,
    memory: { ...limits, guests: memory ?? limits.guests },
    onFault,
  });
  return new IsolatedVmEngine({ guestSource: await guestBundle("guest"), guests, onFault });
}

async function inline({ memory }: EngineBounds, faults: unknown[]): Promise<GuestEngine> {
  return new InlineEngine({
    modules: [compiledModules()],
    onDivergence: (call) => faults.push(`run again, an import called ${call}`),
    onFault: (reason) => faults.push(reason),
    ...(memory === undefined ? {} : { memoryBytes: memory }),
  });
}

/** Every import is left at each of its calls and run again: it must come the same way each time. */
async function inlineWaiting(bounds: EngineBounds, faults: unknown[]): Promise<GuestEngine> {
  const engine = await inline(bounds, faults);
  const load = engine.load.bind(engine);
  engine.load = (file) => {
    const program = load(file);
    return { start: (gate) => program.start(everyCallWaits(gate)) };
  };
  return engine;
}

/** The engines that run on Node, and so in these tests. */
const ENGINES = {
  "isolated-vm": isolates,
  inline,
  "inline, where every call waits": inlineWaiting,
} as const satisfies Record<string, MakeEngine>;

export type EngineName = keyof typeof ENGINES;
export const ENGINE_NAMES = Object.keys(ENGINES) as EngineName[];

function everyCallWaits(gate: Gate): Gate {
  const invoke = async (...call: Parameters<Gate["invoke"]>) => gate.invoke(...call);
  return new Proxy(gate, {
    get(_, key) {
      if (key === "invoke") return (...call: Parameters<Gate["invoke"]>) => heard(invoke(...call));
      const value = Reflect.get(gate, key, gate);
      return typeof value === "function" ? value.bind(gate) : value;
    },
    set: (_, key, value) => Reflect.set(gate, key, value, gate),
  });
}

function heard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

export interface GuestMachine {
  readonly kernel: Kernel;
  readonly engine: GuestEngine;
  /** Faults of the engine or the kernel: a test expects none. */
  readonly faults: unknown[];
  dispose(): Promise<void>;
}

export interface GuestResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array;
  readonly env?: readonly string[];
  readonly cwd?: string;
  readonly actions?: readonly SpawnAction[];
}

export async function bootGuests(
  name: EngineName = "isolated-vm",
  options: Partial<KernelOptions> = {},
  bounds: EngineBounds = {},
): Promise<GuestMachine> {
  const faults: unknown[] = [];
  const engine: GuestEngine = await ENGINES[name](bounds, faults);
  const kernel = bootKernel({}, { formats: [engine], ...options });
  return {
    kernel,
    engine,
    faults,
    async dispose() {
      kernel.shutdown();
      await engine.settle();
      engine.dispose?.();
    },
  };
}

/** Writes a file that everybody may execute. */
export function install(
  { kernel }: GuestMachine,
  path: string,
  content: Uint8Array | string,
): void {
  const { init } = kernel;
  const bytes = typeof content === "string" ? encodeUtf8(content) : content;
  const fd = now(init.openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0o755));
  for (let at = 0; at < bytes.length; ) at += now(init.write(fd, bytes.subarray(at)));
  now(init.close(fd));
}

/** Runs argv[0] as a path with pipes on its three standard descriptors, and gathers its output. */
export async function runGuest(
  { kernel }: GuestMachine,
  argv: readonly string[],
  options: RunOptions = {},
): Promise<GuestResult> {
  const { init } = kernel;
  const pipe = () => now(init.pipe2(O_CLOEXEC)) as unknown as Pipe;
  const [input, output, errors] = [pipe(), pipe(), pipe()];
  const pid = await init.spawn(
    argv[0] as string,
    argv,
    options.env ?? ["PATH=/bin"],
    [
      duplicate(input[0], 0),
      duplicate(output[1], 1),
      duplicate(errors[1], 2),
      ...(options.actions ?? []),
    ],
    { ...NO_ATTRIBUTES, cwd: options.cwd },
  );
  for (const fd of [input[0], output[1], errors[1]]) now(init.close(fd));
  const [stdout, stderr, { status }] = await Promise.all([
    drain(kernel, output[0]),
    drain(kernel, errors[0]),
    init.wait4(pid, 0),
    feed(kernel, input[1], options.stdin ?? ""),
  ]);
  return { status, stdout: stdout.toString(), stderr: stderr.toString() };
}

type Pipe = readonly [read: number, write: number];

export function duplicate(source: number, fd: number): SpawnAction {
  return { op: SpawnOp.DUP2, fd, source, flags: 0, mode: 0, path: "" };
}

async function drain({ init }: Kernel, fd: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const buffer = new Uint8Array(65_536);
  for (;;) {
    const count = await init.read(fd, buffer);
    if (count === 0) break;
    chunks.push(Buffer.from(buffer.slice(0, count)));
  }
  await init.close(fd);
  return Buffer.concat(chunks);
}

async function feed({ init }: Kernel, fd: number, content: string | Uint8Array): Promise<void> {
  const bytes = typeof content === "string" ? encodeUtf8(content) : content;
  try {
    for (let at = 0; at < bytes.length; ) at += await init.write(fd, bytes.subarray(at));
  } catch {
    // The guest does not read all of it.
  }
  await init.close(fd);
}
