/**
 * `qjs`: runs JavaScript on QuickJS, with the options of QuickJS's own command of that name. A program
 * inside the kernel whose engine is loaded when it is first run.
 */
import {
  decodeUtf8,
  encodeUtf8,
  KernelError,
  type Main,
  ProcessGone,
  Signal,
  type Sys,
  strerror,
} from "../../../kernel/index.ts";
import { MemorySum } from "../inline/memory-sum.ts";
import { type CommandLine, parseCommandLine, USAGE } from "./command-line.ts";
import { readAll, readFile, writeAll } from "./files.ts";
import { GiveWay } from "./give-way.ts";
import { hostFunctions } from "./host-functions.ts";
import { GuestError, Interpreter, type Surroundings } from "./interpreter.ts";
import type { QuickJsParts } from "./module.ts";
import { moduleText, resolveModule } from "./modules.ts";

export interface QjsOptions {
  /** Called when a script first runs, and again where it failed. */
  load(): Promise<QuickJsParts>;
  /** Bytes of the memories of all scripts of the thread together: beyond, the largest is killed. */
  readonly memoryBytes?: number;
  /** Bytes that the values of one script may take; default 256 MiB. */
  readonly heapBytes?: number;
  /** Bytes of QuickJS's stack, which a host's own has to be large enough for. */
  readonly stackBytes?: number;
}

const STDIN = 0;
const STDERR = 2;
const DEFAULT_MEMORY = 2 ** 30;
const DEFAULT_HEAP = 256 << 20;
/** On V8's stacks of 984 KiB: deep functions end by an error that can be caught, deep parsing does not. */
const DEFAULT_STACK = 192 << 10;
const SEED_BYTES = 16;

export function qjs(options: QjsOptions): Main {
  const { heapBytes = DEFAULT_HEAP, stackBytes = DEFAULT_STACK } = options;
  const memory = new MemorySum(options.memoryBytes ?? DEFAULT_MEMORY);
  let loading: Promise<QuickJsParts> | undefined;

  /** All of one script's life in the engine. */
  async function run(sys: Sys, line: CommandLine): Promise<number> {
    loading ??= options.load();
    const parts = await loading.catch((reason) => {
      loading = undefined;
      throw reason;
    });
    const script = new Script(sys, memory);
    try {
      const limits = {
        heapBytes: line.memoryLimit ?? heapBytes,
        stackBytes: Math.min(line.stackSize ?? stackBytes, stackBytes),
      };
      const interpreter = await Interpreter.open(parts, script, limits);
      script.interpreter = interpreter;
      await interpreter.begin(await settings(sys, line));
      await runAll(sys, interpreter, line);
      return 0;
    } finally {
      script.end();
    }
  }

  return async (sys) => {
    const line = parseCommandLine(sys.argv);
    if (typeof line === "string") return fail(sys, `qjs: ${line}\n${USAGE}`, 1);
    if (line.help) return fail(sys, USAGE, 0);
    if (!("Suspending" in WebAssembly)) {
      return fail(sys, "qjs: this host has no JavaScript promise integration (JSPI)\n", 1);
    }
    try {
      return await run(sys, line);
    } catch (reason) {
      return failed(sys, reason);
    }
  };
}

/** What the interpreter needs of the process, and what the process costs. */
class Script implements Surroundings {
  readonly functions;
  interpreter: Interpreter | undefined;
  memoryBytes = 0;
  readonly #sys: Sys;
  readonly #memory: MemorySum;
  readonly #giveWay: GiveWay;

  constructor(sys: Sys, memory: MemorySum) {
    this.#sys = sys;
    this.#memory = memory;
    this.#giveWay = new GiveWay(sys);
    this.functions = hostFunctions(sys);
    memory.add(this);
    sys.tellMemory(() => this.interpreter?.memoryBytes ?? 0);
  }

  resolve = resolveModule;
  load = (name: string) => moduleText(this.#sys, name);

  checkpoint(): Promise<unknown> | undefined {
    const bytes = this.interpreter?.memoryBytes ?? 0;
    if (bytes > this.memoryBytes) {
      const more = bytes - this.memoryBytes;
      this.memoryBytes = bytes;
      this.#memory.grew(more);
    }
    return this.#giveWay.checkpoint();
  }

  kill(): void {
    void this.#sys.kill(this.#sys.pid, Signal.SIGKILL);
  }

  end(): void {
    this.#memory.remove(this);
  }
}

async function settings(sys: Sys, { args }: CommandLine) {
  const seed = new Uint8Array(SEED_BYTES);
  await sys.getrandom(seed);
  const env: Record<string, string> = {};
  for (const entry of sys.envp) {
    const at = entry.indexOf("=");
    if (at > 0) env[entry.slice(0, at)] = entry.slice(at + 1);
  }
  return { args, env, seed: [...new Uint32Array(seed.buffer)] };
}

async function runAll(sys: Sys, interpreter: Interpreter, line: CommandLine): Promise<void> {
  for (const path of line.includes) await runFile(sys, interpreter, path, "detect");
  const { code, file, kind } = line;
  if (code !== undefined) await interpreter.run(code, "<cmdline>", kindOf(code, kind));
  else if (file !== undefined) await runFile(sys, interpreter, file, kind);
  else {
    const input = decode(await readAll(sys, STDIN));
    await interpreter.run(input, "<stdin>", kindOf(input, kind));
  }
}

async function runFile(
  sys: Sys,
  interpreter: Interpreter,
  path: string,
  kind: CommandLine["kind"],
): Promise<void> {
  const code = decode(await contentOf(sys, path));
  const isModule = kind === "module" || (kind === "detect" && path.endsWith(".mjs"));
  await interpreter.run(code, path, isModule ? "module" : kindOf(code, kind));
}

/** A line that only a module can have, where the command line does not say. */
const OF_MODULES = /^[ \t]*(?:import[ \t]*[\w$*{"']|export[ \t]+[\w{*])/m;

function kindOf(code: string, kind: CommandLine["kind"]): "script" | "module" {
  if (kind !== "detect") return kind;
  return OF_MODULES.test(code) ? "module" : "script";
}

async function contentOf(sys: Sys, path: string): Promise<Uint8Array> {
  try {
    return await readFile(sys, path);
  } catch (reason) {
    if (!(reason instanceof KernelError)) throw reason;
    throw new GuestError(`${path}: ${strerror(reason.errno)}\n`);
  }
}

function decode(bytes: Uint8Array): string {
  return decodeUtf8(bytes, 0, bytes.length);
}

async function fail(sys: Sys, text: string, status: number): Promise<number> {
  await writeAll(sys, status === 0 ? 1 : STDERR, encodeUtf8(text));
  return status;
}

async function failed(sys: Sys, reason: unknown): Promise<number> {
  if (reason instanceof ProcessGone) throw reason;
  if (reason instanceof GuestError) return fail(sys, reason.message, 1);
  // QuickJS did not see it coming, and nothing in it can go on.
  if (reason instanceof RangeError) return fail(sys, "InternalError: stack overflow\n", 1);
  const { message } = reason instanceof Error ? reason : new Error(String(reason));
  await fail(sys, `qjs: ${message}\n`, 1);
  await sys.kill(sys.pid, Signal.SIGABRT);
  return 1;
}
