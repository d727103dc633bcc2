/**
 * Programs that are not part of the Worker: workerd compiles nothing at run time, but its Worker Loader
 * binding makes another Worker of modules that are given to it. So the program runs there, and its system
 * calls come back as remote calls while JavaScript promise integration suspends it.
 */
import { encodeUtf8 } from "../../../kernel/bytes.ts";
import {
  type BinaryFormat,
  type ExecutableFile,
  type Execution,
  type Gate,
  isSleep,
  type Program,
} from "../../../kernel/index.ts";
import { limitModule, type WasmLimits } from "../wasm-limits.ts";
import { meterModule } from "../wasm-meter.ts";
import { GuestCallsTarget } from "./guest-calls.ts";
import type { GuestEntrypoint, GuestJob } from "./protocol.ts";

/** The Worker Loader binding, as far as it is used. */
export interface Loader {
  get(name: string, code: () => Promise<object>): { getEntrypoint(): GuestEntrypoint };
}

export interface LoaderOptions {
  /** Undefined where the Worker has no such binding: programs then say so and fail. */
  readonly loader: Loader | undefined;
  /** guest.ts as one module that imports `./program.wasm`. */
  readonly guestSource: string;
  readonly limits: WasmLimits;
  readonly onFault: (reason: unknown) => void;
}

const WASM_MAGIC = [0x00, 0x61, 0x73, 0x6d];
const WASM_PAGE = 65_536;
const COMPATIBILITY_DATE = "2026-06-01";
/** Milliseconds of CPU that a guest may use; after them production ends it. */
const CPU_MS = 30_000;
const STDERR = 2;
/** As a shell's for what it cannot run. */
const CANNOT_RUN = 126;

export class LoaderEngine implements BinaryFormat {
  readonly name = "wasm";
  readonly #options: LoaderOptions;
  /** Names of programs without a digest. */
  readonly #names = new WeakMap<object, { version: number; name: string }>();

  constructor(options: LoaderOptions) {
    this.#options = options;
  }

  matches(head: Uint8Array): boolean {
    return WASM_MAGIC.every((byte, i) => head[i] === byte);
  }

  load(file: ExecutableFile): Program {
    // What a guest made is here already, and a broken one should fail as exec does.
    if (file.digest === undefined) meterModule(limitModule(file.read(), this.#options.limits));
    return { start: (gate) => this.#start(file, gate) };
  }

  #start(file: ExecutableFile, gate: Gate): Execution {
    void this.#run(file, gate);
    // Its next call finds the gate closed, and unwinds it.
    return { stop() {} };
  }

  async #run(file: ExecutableFile, gate: Gate): Promise<void> {
    const { loader, limits, onFault } = this.#options;
    if (!loader) return refuse(gate, file, MISSING);
    const { pid, argv, envp } = gate.process;
    const job: GuestJob = { pid, argv, envp, memoryBytes: limits.memoryPages * WASM_PAGE };
    try {
      const worker = loader.get(this.#nameOf(file), () => this.#code(file));
      await worker.getEntrypoint().run(job, new GuestCallsTarget(gate, onFault));
      if (!gate.closed) refuse(gate, file, "its Worker ended before it did");
    } catch (reason) {
      if (!gate.closed) refuse(gate, file, reason instanceof Error ? reason.message : `${reason}`);
    }
  }

  async #code(file: ExecutableFile): Promise<object> {
    const { guestSource, limits } = this.#options;
    const program = meterModule(limitModule(await contentOf(file), limits)).slice();
    return {
      compatibilityDate: COMPATIBILITY_DATE,
      mainModule: "guest.js",
      modules: { "guest.js": guestSource, "program.wasm": { wasm: program.buffer } },
      env: {},
      // The machine's network is the kernel's.
      globalOutbound: null,
      limits: { cpuMs: CPU_MS },
    };
  }

  #nameOf({ digest, inode, version }: ExecutableFile): string {
    if (digest !== undefined) return digest;
    const known = this.#names.get(inode);
    if (known?.version === version) return known.name;
    const name = crypto.randomUUID();
    this.#names.set(inode, { version, name });
    return name;
  }
}

const MISSING =
  'it is not part of this Worker, and running it needs a Worker Loader binding named LOADER (in wrangler.jsonc: "worker_loaders": [{ "binding": "LOADER" }])';

/** Says why, and ends the process as a shell does for a file that it cannot run. */
function refuse(gate: Gate, file: ExecutableFile, why: string): void {
  try {
    const text = `${file.path}: cannot execute: ${why}\n`;
    void Promise.resolve(gate.invoke("write", [STDERR, encodeUtf8(text)]))
      .catch(() => {})
      .then(() => gate.invoke("exit", [CANNOT_RUN]))
      .catch(() => {});
  } catch {
    // The process ended meanwhile.
  }
}

async function contentOf(file: ExecutableFile): Promise<Uint8Array> {
  for (;;) {
    try {
      return file.read();
    } catch (reason) {
      if (!isSleep(reason)) throw reason;
      await reason.promise;
    }
  }
}
