/** `qjs` as a program of the machine that costs nothing until it is first run. */
import type { Main } from "../../kernel/index.ts";
import type { QjsOptions } from "../../runtimes/engines/quickjs/qjs.ts";
import { lazyProgram } from "../../runtimes/programs/program.ts";

export function lazyQjs(options: QjsOptions): ReadonlyMap<string, Main> {
  async function load(): Promise<Main> {
    const { qjs } = await import("../../runtimes/engines/quickjs/qjs.ts");
    return qjs(options);
  }
  return new Map([["qjs", lazyProgram("qjs", load)]]);
}
