/** The bundle in this Node process, imported as it stands. */
import type { LineResult, RunLines } from "./host.ts";

export const runInNode: RunLines = async (bundle, lines) => {
  const url = `data:text/javascript;base64,${Buffer.from(bundle).toString("base64")}`;
  const machine = (await import(/* @vite-ignore */ url)) as {
    runLines(lines: readonly string[]): Promise<LineResult[]>;
  };
  return machine.runLines(lines);
};
