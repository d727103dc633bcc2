/** `qjs` as a program of the machine that costs nothing until it is first run. */
import type { Main } from "../../kernel/index.ts";
import type { QjsOptions } from "../../runtimes/engines/quickjs/qjs.ts";

export function lazyQjs(options: QjsOptions): ReadonlyMap<string, Main> {
  let loading: Promise<Main> | undefined;
  async function load(): Promise<Main> {
    const { qjs } = await import("../../runtimes/engines/quickjs/qjs.ts");
    return qjs(options);
  }
  const main: Main = async (sys) => {
    loading ??= load();
    return (await loading)(sys);
  };
  return new Map([["qjs", main]]);
}
