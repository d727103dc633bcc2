/**
 * A worker of the kernel's worker, in which one library compresses or decompresses for guests of all
 * machines: what takes long holds up nobody who asks for something else. Its files lie beside its own.
 */
import { expose, transfer } from "comlink";
import type { CodecAnswer } from "../../../../kernel/index.ts";
import { BROTLI, BROTLI_MODULE, ZSTD } from "../../../browser-files/names.ts";
import { fetchFile } from "../engine-options.ts";
import { BrotliDecoder, BrotliEncoder, type BrotliModule } from "./brotli.ts";
import type { Engine, MakeEngine } from "./engine.ts";
import { ZstdDecoder } from "./zstd.ts";

declare const self: DedicatedWorkerGlobalScope;

export interface CodecService {
  /** `quality` is a compressor's. */
  open(id: number, name: string, quality: number | undefined): Promise<void>;
  step(id: number, flush: number, data: Uint8Array, room: number): Promise<CodecAnswer>;
  /** From the start again. */
  reset(id: number): Promise<void>;
  close(id: number): Promise<void>;
}

interface Codec {
  readonly make: MakeEngine;
  engine: Engine;
}

/** By number, from before their library is there. */
const codecs = new Map<number, Promise<Codec>>();

const service: CodecService = {
  async open(id, name, quality) {
    const opening = open(name, quality);
    codecs.set(id, opening);
    await opening;
  },
  async step(id, flush, data, room) {
    const { engine } = await codecOf(id);
    const answer = engine.write(flush, data, room);
    return transfer(answer, [answer.made.buffer]);
  },
  async reset(id) {
    const codec = await codecOf(id);
    codec.engine.close();
    codec.engine = codec.make();
  },
  async close(id) {
    const { engine } = await codecOf(id);
    codecs.delete(id);
    engine.close();
  },
};

expose(service);

function codecOf(id: number): Promise<Codec> {
  return codecs.get(id) as Promise<Codec>;
}

async function open(name: string, quality: number | undefined): Promise<Codec> {
  const make = await makerOf(name, quality);
  return { make, engine: make() };
}

async function makerOf(name: string, quality: number | undefined): Promise<MakeEngine> {
  if (name === "zstd-decode") {
    zstd ??= fetchFile(beside(ZSTD)).then(async (file) =>
      WebAssembly.compile(await file.arrayBuffer()),
    );
    const module = await zstd;
    return () => new ZstdDecoder(module);
  }
  brotli ??= loadBrotli();
  const library = await brotli;
  return name === "brotli"
    ? () => new BrotliEncoder(library, quality)
    : () => new BrotliDecoder(library);
}

let zstd: Promise<WebAssembly.Module> | undefined;
let brotli: Promise<BrotliModule> | undefined;

async function loadBrotli(): Promise<BrotliModule> {
  const [library, file] = await Promise.all([
    import(/* @vite-ignore */ beside(BROTLI_MODULE).href) as Promise<BrotliModule>,
    fetchFile(beside(BROTLI)),
  ]);
  await library.default(await file.arrayBuffer());
  return library;
}

function beside(name: string): URL {
  return new URL(name, self.location.href);
}
