/** What runs on a machine of this host: the programs inside the kernel, and the formats of files. */
import { type BinaryFormat, type ExecutableFile, type Main, sleepFor } from "../../kernel/index.ts";
import { IsolatedVmEngine } from "../../runtimes/engines/isolated-vm/engine.ts";
import { smallPrograms } from "../../runtimes/programs/index.ts";
import { guestBundle } from "../guest-bundle.ts";

export const programs: ReadonlyMap<string, Main> = new Map([...smallPrograms]);

let engine: IsolatedVmEngine | undefined;
let loading: Promise<void> | undefined;

/** One engine serves all machines of the thread; a machine that runs no guest does not wait for it. */
const webAssembly: BinaryFormat = {
  name: "wasm",
  matches: (head) => head[0] === 0 && head[1] === 0x61 && head[2] === 0x73 && head[3] === 0x6d,
  load(file: ExecutableFile) {
    if (!engine) return sleepFor((loading ??= loadEngine()));
    return engine.load(file);
  },
};

export const formats: readonly BinaryFormat[] = [webAssembly];

/** Resolves when no guest's thread is left, and lets the isolates go that wait for one. */
export async function guestsGone(): Promise<void> {
  await loading;
  await engine?.settle();
  engine?.dispose();
  engine = undefined;
  loading = undefined;
}

async function loadEngine(): Promise<void> {
  engine = new IsolatedVmEngine({ guestSource: await guestBundle(), onFault: reportFault });
}

/** A fault of the engine's own is the host's to hear of; the process that met it is dead already. */
function reportFault(reason: unknown): void {
  process.emitWarning(reason instanceof Error ? reason : String(reason), "IsopodFault");
}
