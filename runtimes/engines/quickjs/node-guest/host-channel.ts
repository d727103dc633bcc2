/** The guest's end of its calls, in the shape of shared-memory/channel.ts: a buffer that the host answers. */
import type { Channel } from "../../shared-memory/channel.ts";
import { BODY, CHANNEL_BYTES } from "../../shared-memory/layout.ts";

const HEADER = 8;

export class HostChannel implements Pick<Channel, keyof Channel> {
  readonly bytes = new Uint8Array(CHANNEL_BYTES);
  callCount = 0;
  flagsVersion = 0;
  signals = 0;
  readonly aheadLeft = 0;
  readonly #call: (number: number, bytes: ArrayBuffer) => ArrayBuffer;

  constructor(call: (number: number, bytes: ArrayBuffer) => ArrayBuffer) {
    this.#call = call;
  }

  noteMemory(): void {}

  settle(): void {}

  send(number: number, length: number): void {
    this.call(number, length);
  }

  takeAhead(): number {
    return 0;
  }

  post(): boolean {
    return false;
  }

  /** The answer: errno, whether signals wait, then what lies at BODY. */
  call(number: number, length: number): number {
    this.callCount++;
    const answer = this.#call(number, this.bytes.slice(BODY, BODY + length).buffer);
    const view = new DataView(answer);
    this.signals = view.getInt32(4, true);
    this.bytes.set(new Uint8Array(answer, HEADER), BODY);
    return view.getInt32(0, true);
  }
}
