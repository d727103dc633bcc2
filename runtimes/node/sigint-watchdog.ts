/**
 * What keeps Ctrl-C in the REPL from ending the process while a line is evaluated. Node ends the
 * evaluation; an isolate of ours is entered from nowhere, so the line runs on, and the REPL hears of the
 * signal behind it.
 */
import { Signal } from "../../kernel/abi.ts";
import type { Environment } from "./environment.ts";

export class SigintWatchdog {
  readonly #env: Environment;
  #forget: (() => void) | undefined;

  constructor(env: Environment) {
    this.#env = env;
  }

  start(): boolean {
    this.#forget ??= this.#env.signals.listen(Signal.SIGINT, () => {});
    return true;
  }

  /** True where the signal came meanwhile. */
  stop(): boolean {
    const { signals } = this.#env;
    signals.take();
    const came = signals.withdraw(Signal.SIGINT);
    this.#forget?.();
    this.#forget = undefined;
    return came;
  }
}
