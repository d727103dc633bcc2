/** internalBinding("signal_wrap"): a caught signal as a handle (process.on("SIGINT")). */
import { HandleWrap } from "../async-wrap.ts";
import type { BindingFactory } from "../environment.ts";
import { uvErrno } from "../errors.ts";
import { LoopHandle } from "../loop/event-loop.ts";

export const signalWrap: BindingFactory = (env) => ({
  Signal: class Signal extends HandleWrap {
    readonly #handle = new LoopHandle(env.loop);
    #forget: (() => void) | undefined;

    constructor() {
      super(env, "SIGNALWRAP");
    }

    protected get handles() {
      return [this.#handle];
    }

    start(signal: number): number {
      this.stop();
      try {
        this.#forget = env.signals.listen(signal, () => this.makeCallback("onsignal", [signal]));
      } catch (reason) {
        return uvErrno(reason);
      }
      this.#handle.active = true;
      return 0;
    }

    stop(): number {
      this.#forget?.();
      this.#forget = undefined;
      this.#handle.active = false;
      return 0;
    }

    protected onClose(): void {
      this.stop();
    }
  },
});
