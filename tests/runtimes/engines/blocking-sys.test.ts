/** The guest's end of a call: what came with it must outlast the signals that are taken before it returns. */
import { expect, test } from "vitest";
import { syscalls, Writer } from "../../../kernel/abi.ts";
import { createBlockingKernel } from "../../../runtimes/engines/shared-memory/blocking-sys.ts";
import type { Channel } from "../../../runtimes/engines/shared-memory/channel.ts";
import { BODY } from "../../../runtimes/engines/shared-memory/layout.ts";

/** Answers every call at once: recvmsg with some bytes, all else with the number of a signal. */
class Answering {
  readonly bytes = new Uint8Array(new SharedArrayBuffer(4096));
  readonly #writer = new Writer(this.bytes);
  callCount = 0;
  flagsVersion = 0;
  aheadLeft = 0;
  signals = 0;

  settle(): void {}

  call(number: number): number {
    this.callCount++;
    this.#writer.at = BODY;
    if (number === syscalls.recvmsg.number) {
      const message = {
        data: new Uint8Array([1, 2, 3]),
        flags: 0,
        address: undefined,
        rights: [7],
      };
      syscalls.recvmsg.result.write(this.#writer, message);
    } else this.bytes.fill(0xff, BODY, BODY + 64);
    return 0;
  }
}

test.each([0, 1])("bytes of an answer stay when %i signals wait", (signals) => {
  const channel = new Answering();
  const kernel = createBlockingKernel(channel as unknown as Channel);
  let taken = 0;
  kernel.onSignals = () => {
    taken++;
    channel.signals = 0;
    kernel.sys.getpid();
  };
  channel.signals = signals;
  const { data, rights } = kernel.sys.recvmsg(3, 100, 0);
  expect([[...data], rights, taken]).toEqual([[1, 2, 3], [7], signals]);
});
