/**
 * The synchronous system-call client of a guest thread: one method for each entry of the table, which
 * encodes, blocks, decodes, and hands caught signals over before it returns.
 */
import {
  type BlockingSyscalls,
  type Definition,
  KernelError,
  out,
  Reader,
  syscalls,
  syscallsByNumber,
  Writer,
} from "../../../kernel/abi.ts";
import type { GuestKernel } from "../../wasi/guest-kernel.ts";
import type { Channel } from "./channel.ts";
import { copyIn, copyOut } from "./copy.ts";
import { BODY, OUT_OFFSET, RESTART, TRANSFER_MAX } from "./layout.ts";

export function createBlockingKernel(channel: Channel): GuestKernel {
  const client = new BlockingClient(channel, () => kernel.onSignals());
  const kernel: GuestKernel = {
    sys: client as unknown as BlockingSyscalls,
    get callCount() {
      return channel.callCount;
    },
    get flagsVersion() {
      return channel.flagsVersion;
    },
    post: (fd, data) => channel.post(fd, data),
    closeSoon: (fd) => client.closeSoon(fd),
    noteMemory: (bytes) => channel.noteMemory(bytes),
    once: (look) => look(),
    onSignals() {},
  };
  return kernel;
}

const OUT = BODY + OUT_OFFSET;
const READ = syscalls.read.number;
const WRITE = syscalls.write.number;
const CLOSE = syscalls.close.number;

class BlockingClient {
  readonly #channel: Channel;
  readonly #onSignals: () => void;
  readonly #bytes: Uint8Array;
  readonly #writer: Writer;
  readonly #reader: Reader;
  readonly #view: DataView;
  /** Whose bytes were read ahead. */
  #aheadFd = -1;

  constructor(channel: Channel, onSignals: () => void) {
    this.#channel = channel;
    this.#onSignals = onSignals;
    this.#bytes = channel.bytes;
    this.#writer = new Writer(channel.bytes);
    this.#reader = new Reader(channel.bytes, BODY, channel.bytes.length, channel.bytes);
    this.#view = this.#writer.view;
  }

  /** The general path, derived from the table. */
  invoke(definition: Definition, outIndex: number, args: readonly unknown[]): unknown {
    const { parameters } = definition;
    this.#channel.settle();
    for (;;) {
      this.#writer.at = BODY;
      for (let i = 0; i < parameters.length; i++) {
        parameters[i]?.codec.write(this.#writer, args[i]);
      }
      const error = this.#channel.call(definition.number, this.#writer.at - BODY);
      if (error !== 0) {
        this.#failed(error);
        continue;
      }
      this.#reader.reset(BODY, this.#bytes.length);
      // Taking a signal is a call: its answer comes to where this one's bytes lie.
      this.#reader.copies = this.#channel.signals !== 0;
      const result = definition.result.read(this.#reader);
      if (outIndex >= 0) this.#copyOut(args[outIndex] as Uint8Array, result as number);
      if (this.#channel.signals !== 0) this.#onSignals();
      return result;
    }
  }

  /** Hot: written out, one copy, and none of the kernel's time where bytes were read ahead. */
  read(fd: number, target: Uint8Array): number {
    const ahead = this.#readAhead(fd, target);
    if (ahead >= 0) return ahead;
    this.#channel.settle();
    for (;;) {
      this.#view.setInt32(BODY, fd, true);
      this.#view.setUint32(BODY + 4, Math.min(target.length, TRANSFER_MAX), true);
      const error = this.#channel.call(READ, 8);
      if (error === 0) {
        const count = this.#view.getUint32(BODY, true);
        if (this.#channel.aheadLeft > 0) {
          this.#aheadFd = fd;
          this.#channel.takeAhead(target);
        } else this.#copyOut(target, count);
        if (this.#channel.signals !== 0) this.#onSignals();
        return count;
      }
      this.#failed(error);
    }
  }

  /** Hot: written out, one copy. What the channel does not carry at once is not written. */
  write(fd: number, source: Uint8Array): number {
    const length = Math.min(source.length, TRANSFER_MAX);
    this.#channel.settle();
    for (;;) {
      this.#view.setInt32(BODY, fd, true);
      this.#view.setUint32(BODY + 4, length, true);
      copyIn(this.#bytes, BODY + 8, length === source.length ? source : source.subarray(0, length));
      const error = this.#channel.call(WRITE, 8 + length);
      if (error === 0) {
        const count = this.#view.getUint32(BODY, true);
        if (this.#channel.signals !== 0) this.#onSignals();
        return count;
      }
      this.#failed(error);
    }
  }

  closeSoon(fd: number): void {
    this.#channel.settle();
    this.#view.setInt32(BODY, fd, true);
    this.#channel.send(CLOSE, 4);
  }

  /** Handles caught signals; returns where the call is to be made again. */
  #failed(error: number): void {
    if (this.#channel.signals !== 0) this.#onSignals();
    if (error !== RESTART) throw new KernelError(error as never);
  }

  /** Bytes taken from what was read ahead; -1: nothing was, or too few, which only a call may answer. */
  #readAhead(fd: number, target: Uint8Array): number {
    const left = this.#channel.aheadLeft;
    if (left === 0 || left < target.length || fd !== this.#aheadFd || this.#channel.signals !== 0)
      return -1;
    return this.#channel.takeAhead(target);
  }

  #copyOut(target: Uint8Array, count: number): void {
    if (count > 0) copyOut(this.#bytes, OUT, target, Math.min(count, target.length));
  }
}

for (const { name, definition } of syscallsByNumber) {
  if (Object.hasOwn(BlockingClient.prototype, name)) continue;
  const outIndex = definition.parameters.findIndex(({ codec }) => codec === (out as unknown));
  Object.defineProperty(BlockingClient.prototype, name, {
    value(this: BlockingClient, ...args: readonly unknown[]) {
      return this.invoke(definition, outIndex, args);
    },
  });
}
