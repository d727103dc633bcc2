/** What runs on a machine of this host: the programs inside the kernel, and the formats of files. */
import type { BinaryFormat, Main } from "../../kernel/index.ts";
import { smallPrograms } from "../../runtimes/programs/index.ts";
import { bash } from "../../runtimes/shell/main.ts";
import { WasmFormat } from "./wasm-format.ts";

export const programs: ReadonlyMap<string, Main> = new Map([...smallPrograms, ["bash", bash]]);

const wasm = new WasmFormat(reportFault);

export const formats: readonly BinaryFormat[] = [wasm];

/** V8 needs a moment after the last isolate before its thread may go. */
const LAST_ISOLATE_MS = 50;

/** Resolves when no guest's thread is left. */
export async function guestsGone(): Promise<void> {
  if (await wasm.settle()) await new Promise((resolve) => setTimeout(resolve, LAST_ISOLATE_MS));
}

/** A fault of ours is no guest's business, and must not pass unseen. */
function reportFault(reason: unknown): void {
  const text = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
  process.stderr.write(`isopod: ${text}\n`);
}
