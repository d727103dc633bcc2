/** internalBinding("js_stream"): a stream handle whose bytes come from and go to JavaScript. */
import type { HandleWrap } from "../async-wrap.ts";
import { bufferOf } from "../buffers.ts";
import type { BindingFactory } from "../environment.ts";
import type { LoopHandle } from "../loop/event-loop.ts";
import type { StreamRequest } from "./stream_wrap/requests.ts";
import { StreamBase, UV_EOF } from "./stream_wrap/stream-base.ts";

export const jsStream: BindingFactory = (env) => {
  class JSStream extends StreamBase {
    protected readonly handles: readonly LoopHandle[] = [];

    constructor() {
      super(env, "JSSTREAM");
      // It is no handle of the loop's, and nobody would take it off the list.
      env.internalBinding<{ handles: Set<HandleWrap> }>("isopod_handles").handles.delete(this);
    }

    finishWrite(request: StreamRequest, status: number): void {
      request.done(status, this, undefined);
    }

    finishShutdown(request: StreamRequest, status: number): void {
      request.done(status, this, undefined);
    }

    readBuffer(buffer: Uint8Array): void {
      for (let at = 0; at < buffer.length; ) {
        const target = this.allocate();
        const part = buffer.subarray(at, at + (target?.length ?? buffer.length));
        target?.set(part);
        this.emitRead(target ? target.subarray(0, part.length) : part);
        at += part.length;
      }
    }

    emitEOF(): void {
      this.emitReadStatus(UV_EOF);
    }

    protected override isAlive(): boolean {
      return true;
    }

    protected override descriptor(): number {
      return -1;
    }

    protected override startReading(): number {
      return this.#ask("onreadstart", []);
    }

    protected override stopReading(): number {
      return this.#ask("onreadstop", []);
    }

    protected override dispatchShutdown(request: StreamRequest): number {
      return this.#ask("onshutdown", [request]);
    }

    protected override tryWrite(): number {
      return 0;
    }

    protected override dispatchWrite(request: StreamRequest, bytes: Uint8Array): number {
      return this.#ask("onwrite", [request, [bufferOf(env, bytes.slice())]]);
    }

    protected override onClose(): void {}

    #ask(name: string, args: readonly unknown[]): number {
      const answer = this.makeCallback(name, args);
      return typeof answer === "number" ? answer : UV_EPROTO;
    }
  }
  return { JSStream };
};

const UV_EPROTO = -71;
