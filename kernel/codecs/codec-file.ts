/**
 * An open codec: a digest or a compressor of the host's at work for a guest, behind a descriptor, so
 * that it ends with the last one who holds it. Guests use it where their own code would be slow; what
 * the host does not have they do themselves.
 */
import { Errno, fail } from "../errno.ts";
import { HostFile } from "../fd/host-file.ts";
import type { CodecAnswer, CodecMemory, HostCodec } from "../host.ts";
import type { Kernel } from "../kernel.ts";
import { CODEC_LITTLE, CODEC_MEMORY, CODEC_STEP_MAX } from "../limits.ts";
import type { Call } from "../syscalls/call.ts";
import { sleepFor } from "../wait/sleep.ts";

/** Bytes before what a step made: an error number and the bytes consumed, both 32 bits. */
export const CODEC_HEADER = 8;

/** A codec's, its stream's and its library's. */
const DICTIONARY_COPIES = 3;

/** ENOSYS where the host has no codecs, EOPNOTSUPP for one it does not know, ENOMEM where too many work. */
export function openCodec(
  kernel: Kernel,
  name: string,
  parameters: readonly number[],
  dictionary: Uint8Array,
): CodecFile {
  const { codecs } = kernel.host;
  if (!codecs) fail(Errno.ENOSYS);
  if (dictionary.length > CODEC_STEP_MAX) fail(Errno.EMSGSIZE);
  const { little, most } = codecs.memory(name, parameters) ?? fail(Errno.EOPNOTSUPP);
  const copies = dictionary.length * DICTIONARY_COPIES;
  const memory = { little: little + copies, most: most + copies };
  // One that could never be given all that it may need is none.
  if (memory.most > CODEC_MEMORY) fail(Errno.ENOMEM);
  kernel.codecs.take(memory.little);
  try {
    return new CodecFile(kernel, codecs.open(name, parameters, new Uint8Array(dictionary)), memory);
  } catch (reason) {
    kernel.codecs.give(memory.little);
    throw reason;
  }
}

/** A step under way: the call is made again whenever anything wakes it. */
interface Work {
  answer: CodecAnswer | undefined;
  ended: Promise<void> | undefined;
}

export class CodecFile extends HostFile {
  protected readonly blockSize = CODEC_STEP_MAX;
  readonly #kernel: Kernel;
  readonly #codec: HostCodec;
  readonly #memory: CodecMemory;
  /** Bytes that are taken of the machine's. */
  #taken: number;
  /** Bytes consumed and made. */
  #moved = 0;
  #busy = false;
  #isClosed = false;

  constructor(kernel: Kernel, codec: HostCodec, memory: CodecMemory) {
    super();
    this.#kernel = kernel;
    this.#codec = codec;
    this.#memory = memory;
    this.#taken = memory.little;
  }

  /** One piece of work: fills `target` with a header and what was made; returns the bytes filled. */
  step(call: Call, operation: number, data: Uint8Array, target: Uint8Array): number {
    let work = call.state as Work | undefined;
    if (!work) {
      if (target.length < CODEC_HEADER || data.length > CODEC_STEP_MAX) fail(Errno.EINVAL);
      if (this.#busy) fail(Errno.EBUSY);
      this.#expect(data.length);
      work = { answer: undefined, ended: undefined };
      call.state = work;
      const room = Math.min(target.length - CODEC_HEADER, CODEC_STEP_MAX);
      // The guest may change its memory, which the answer overwrites besides: the host sees a copy.
      const answer = this.#codec.step(operation, new Uint8Array(data), room);
      if (answer instanceof Promise) work.ended = this.#finish(answer, work);
      else work.answer = answer;
    }
    if (!work.answer) return sleepFor(work.ended as Promise<void>);
    const { error, consumed, made } = work.answer;
    this.#moved += made.length;
    const view = new DataView(target.buffer, target.byteOffset);
    view.setInt32(0, error, true);
    view.setUint32(4, consumed, true);
    target.set(made, CODEC_HEADER);
    return CODEC_HEADER + made.length;
  }

  /** Another one in the same state. */
  copy(): CodecFile {
    if (this.#busy) fail(Errno.EBUSY);
    const copy = this.#codec.copy?.() ?? fail(Errno.EOPNOTSUPP);
    this.#kernel.codecs.take(this.#memory.little);
    return new CodecFile(this.#kernel, copy, this.#memory);
  }

  protected override closed(): void {
    this.#isClosed = true;
    if (!this.#busy) this.#end();
  }

  /** What is to be moved may take more memory. */
  #expect(bytes: number): void {
    this.#moved += bytes;
    if (this.#moved <= CODEC_LITTLE || this.#taken === this.#memory.most) return;
    this.#kernel.codecs.take(this.#memory.most - this.#taken);
    this.#taken = this.#memory.most;
  }

  async #finish(answer: Promise<CodecAnswer>, work: Work): Promise<void> {
    this.#busy = true;
    try {
      work.answer = await answer;
    } finally {
      this.#busy = false;
      if (this.#isClosed) this.#end();
    }
  }

  #end(): void {
    this.#codec.close();
    this.#kernel.codecs.give(this.#taken);
  }
}
