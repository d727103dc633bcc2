/**
 * V8's compiled code of large scripts, kept for the next process of the same machine. It is made by V8
 * and goes back to V8 as it is: no program can read or change it, or name another machine's.
 */
import ivm from "isolated-vm";

type Code = ivm.ExternalCopy<ArrayBuffer>;

/** Scripts of one machine that are kept; each holds about as many bytes as its source. */
const SCRIPTS_MAX = 64;

export class CodeCache {
  readonly #machines = new WeakMap<object, Map<string, Code>>();

  /** The two functions that a guest of `machine` gets. */
  callbacks(machine: object): readonly [get: ivm.Callback, put: ivm.Callback] {
    return [
      new ivm.Callback((key: string) => this.#of(machine).get(key)),
      new ivm.Callback((key: string, code: unknown) => {
        if (typeof key === "string" && code instanceof ivm.ExternalCopy) {
          this.#put(this.#of(machine), key, code as Code);
        }
      }),
    ];
  }

  #of(machine: object): Map<string, Code> {
    let scripts = this.#machines.get(machine);
    if (!scripts) {
      scripts = new Map();
      this.#machines.set(machine, scripts);
    }
    return scripts;
  }

  /** The oldest goes. */
  #put(scripts: Map<string, Code>, key: string, code: Code): void {
    scripts.delete(key);
    scripts.set(key, code);
    const [oldest] = scripts.keys();
    if (scripts.size > SCRIPTS_MAX && oldest !== undefined) scripts.delete(oldest);
  }
}
