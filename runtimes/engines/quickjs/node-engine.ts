/**
 * Node programs beside the kernel: a binary format for hosts that give guests no thread. Each process is
 * a QuickJS of its own, suspended while a system call waits.
 */
import { out, Reader, syscallsByNumber, Writer } from "../../../kernel/abi.ts";
import {
  type BinaryFormat,
  encodeUtf8,
  inKernelProgram,
  KernelError,
  type Main,
  ProcessGone,
  type Program,
  Restart,
  Signal,
  type Sys,
} from "../../../kernel/index.ts";
import { type Decode, type LibraryIndex, readModule } from "../../node/library.ts";
import { NODE_MAGIC } from "../../node/magic.ts";
import { MemorySum } from "../inline/memory-sum.ts";
import { OUT_OFFSET, RESTART, TRANSFER_MAX } from "../shared-memory/layout.ts";
import { writeAll } from "./files.ts";
import { GiveWay } from "./give-way.ts";
import type { QuickJsParts } from "./module.ts";
import { NodeInterpreter, type NodeSurroundings } from "./node-interpreter.ts";

export interface QuickJsNodeOptions {
  readonly parts: QuickJsParts;
  readonly library: { readonly index: LibraryIndex; readonly text: ArrayBufferLike };
  readonly decode?: Decode;
  /** Bytes of the memories of all processes together: beyond, the largest is killed. */
  readonly memoryBytes?: number;
  /** Bytes that the values of one process may take. */
  readonly heapBytes?: number;
}

/** Module of the library that is node-guest's script for this engine. */
const GUEST_MODULE = "isopod/quickjs-guest";
const DEFAULT_MEMORY = 2 ** 30;
const DEFAULT_HEAP = 256 << 20;
/** On V8's stacks of 984 KiB: deep functions end by an error that can be caught. */
const STACK = 192 << 10;
const STDERR = 2;
const CLOCK_MONOTONIC = 1;
const MAGIC = encodeUtf8(NODE_MAGIC);
/** Of an answer: errno, and whether signals wait. */
const HEADER = 8;

export class QuickJsNodeEngine implements BinaryFormat {
  readonly name = "node";
  readonly #options: QuickJsNodeOptions;
  readonly #memory: MemorySum;
  readonly #about: string;

  constructor(options: QuickJsNodeOptions) {
    this.#options = options;
    this.#memory = new MemorySum(options.memoryBytes ?? DEFAULT_MEMORY);
    const { versions, config, modules } = options.library.index;
    const ids = Object.keys(modules).filter((id) => !id.startsWith("isopod/"));
    this.#about = JSON.stringify({ versions, config, ids });
  }

  matches(head: Uint8Array): boolean {
    return MAGIC.every((byte, i) => head[i] === byte);
  }

  load(): Program {
    return { start: (gate) => inKernelProgram(gate.kernel, this.#main).start(gate) };
  }

  readonly #main: Main = async (sys) => {
    const { parts, heapBytes = DEFAULT_HEAP } = this.#options;
    const node = new NodeProcess(sys, this.#memory, (id) => this.#source(id));
    try {
      const interpreter = await NodeInterpreter.open(
        parts,
        node,
        { heapBytes, stackBytes: STACK },
        () => this.#source(GUEST_MODULE),
      );
      node.interpreter = interpreter;
      await interpreter.run({ argv: sys.argv, envp: sys.envp });
      return 0;
    } catch (reason) {
      if (reason instanceof ProcessGone) throw reason;
      const text = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
      await writeAll(sys, STDERR, encodeUtf8(`node: ${text}\n`));
      await sys.kill(sys.pid, Signal.SIGABRT);
      return 1;
    } finally {
      node.end();
    }
  };

  #source(id: string): string {
    if (id === "") return this.#about;
    const { library, decode } = this.#options;
    return readModule(library.index, library.text as ArrayBuffer, id, decode);
  }
}

/** What the interpreter needs of the process, and what the process costs. */
class NodeProcess implements NodeSurroundings {
  interpreter: NodeInterpreter | undefined;
  memoryBytes = 0;
  readonly source: (id: string) => string;
  readonly #sys: Sys;
  readonly #memory: MemorySum;
  readonly #giveWay: GiveWay;
  readonly #bytes = new Uint8Array(HEADER + OUT_OFFSET + TRANSFER_MAX + 65_536);
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #writer = new Writer(this.#bytes);
  readonly #reader = new Reader(
    this.#bytes,
    HEADER,
    HEADER,
    this.#bytes.subarray(HEADER + OUT_OFFSET),
  );

  constructor(sys: Sys, memory: MemorySum, source: (id: string) => string) {
    this.#sys = sys;
    this.#memory = memory;
    this.#giveWay = new GiveWay(sys);
    this.source = source;
    memory.add(this);
    sys.tellMemory(() => this.interpreter?.memoryBytes ?? 0);
  }

  call(number: number, bytes: Uint8Array): Uint8Array | Promise<Uint8Array> {
    const entry = syscallsByNumber[number];
    if (!entry || bytes.length > this.#bytes.length - HEADER) throw new Error("no such call");
    const { name, definition } = entry;
    this.#bytes.set(bytes, HEADER);
    this.#reader.reset(HEADER, HEADER + bytes.length);
    const hasOut = definition.parameters.some(({ codec }) => codec === (out as unknown));
    try {
      const args = definition.parameters.map(({ codec }) => codec.read(this.#reader));
      const call = this.#sys[name] as (...args: unknown[]) => unknown;
      const result = call.apply(this.#sys, args);
      if (!(result instanceof Promise)) return this.#answer(definition.result, result, hasOut);
      return result.then(
        (value) => this.#answer(definition.result, value, hasOut),
        (reason) => this.#failure(reason),
      );
    } catch (reason) {
      return this.#failure(reason);
    }
  }

  checkpoint(): Promise<unknown> | undefined {
    const bytes = this.interpreter?.memoryBytes ?? 0;
    if (bytes > this.memoryBytes) {
      const more = bytes - this.memoryBytes;
      this.memoryBytes = bytes;
      this.#memory.grew(more);
    }
    return this.#giveWay.checkpoint();
  }

  milliseconds(): number {
    return Number(this.#sys.clock_gettime(CLOCK_MONOTONIC)) / 1e6;
  }

  kill(): void {
    void this.#sys.kill(this.#sys.pid, Signal.SIGKILL);
  }

  end(): void {
    this.#memory.remove(this);
  }

  #answer(
    codec: { write(writer: Writer, value: unknown): void },
    result: unknown,
    hasOut: boolean,
  ): Uint8Array {
    this.#writer.at = HEADER;
    codec.write(this.#writer, result);
    const end = hasOut ? HEADER + OUT_OFFSET + (result as number) : this.#writer.at;
    this.#head(0);
    return this.#bytes.subarray(0, end);
  }

  #failure(reason: unknown): Uint8Array {
    if (reason instanceof KernelError) this.#head(reason.errno);
    else if (reason instanceof Restart) this.#head(RESTART);
    else throw reason;
    return this.#bytes.subarray(0, HEADER);
  }

  #head(error: number): void {
    this.#view.setInt32(0, error, true);
    this.#view.setInt32(4, this.#sys.signalPending ? 1 : 0, true);
  }
}
