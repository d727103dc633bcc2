/** `createVm` on Node: the kernel in the process's one Worker, in a process of its own, or in this thread. */
import { resolve } from "node:path";
import { Embedding } from "./embedding.ts";
import { baseImagePresent } from "./images/base-image-present.ts";
import { type KernelPlace, normalizeVmOptions, type VmOptions } from "./options/vm-options.ts";
import { RemoteMachine } from "./remote-machine.ts";
import { storedThings } from "./snapshots.ts";
import type { KernelThread } from "./thread/kernel-thread.ts";
import { workerThread } from "./thread/worker-thread.ts";
import { Vm } from "./vm.ts";

/** The kernel itself is loaded where it runs. */
const THREADS: Readonly<Record<KernelPlace, () => KernelThread | Promise<KernelThread>>> = {
  worker: workerThread,
  process: async () => (await import("./thread/process-thread.ts")).processThread(),
  "in-thread": async () => (await import("./thread/in-thread.ts")).inThread(),
};

/** Boots a machine on the base image, with nothing granted but what `options` says. */
export async function createVm(options: VmOptions = {}): Promise<Vm> {
  const embedding = new Embedding();
  const { machine, kernel } = await normalizeVmOptions(
    withAbsoluteImage(options),
    embedding,
    process.env,
  );
  await baseImagePresent();
  return new Vm(await RemoteMachine.create(await THREADS[kernel](), machine, embedding));
}

/** A stored machine remembers its image, and may be opened again from elsewhere. */
function withAbsoluteImage(options: VmOptions): VmOptions {
  const { image } = options;
  return image?.startsWith?.(".") ? { ...options, image: resolve(image) } : options;
}

/** What is in stores, asked of the process's kernel Worker. */
export const {
  listSnapshots,
  listMachines,
  removeSnapshot,
  removeMachine,
  diffSnapshots,
  exportSnapshot,
  importSnapshot,
} = storedThings(workerThread);
