/** `createVm` in a tab: the kernel in the page's one worker for it. */

import { Embedding } from "../../embedding.ts";
import { IsopodError } from "../../errors.ts";
import { integer } from "../../options/check.ts";
import { normalizeVmOptions, type VmOptions } from "../../options/vm-options.ts";
import { RemoteMachine } from "../../remote-machine.ts";
import { storedThings } from "../../snapshots.ts";
import type { KernelThread } from "../../thread/kernel-thread.ts";
import { Vm } from "../../vm.ts";
import { type Configure, tabThread } from "./kernel-thread.ts";

export interface TabVmOptions extends Omit<VmOptions, "kernel"> {
  /**
   * Where the files of the package's dist/browser are served, on the page's own origin. Default: beside
   * this script.
   */
  assets?: string | URL;
  /**
   * Bytes that the memories of all commands of the page may have together; beyond, the largest command is
   * killed. The page's first machine says it for all. Default: half of the visitor's memory, as far as
   * the browser tells how much that is.
   */
  commandMemory?: number;
}

const HERE = import.meta.url;

/** Whose kernel is asked for what no machine is asked for. */
let latest: Configure | undefined;

/** Boots a machine on the base image, with nothing granted but what `options` says. */
export async function createVm(options: TabVmOptions = {}): Promise<Vm> {
  const { assets, commandMemory, ...rest } = options;
  if ((rest as VmOptions).kernel === "process") {
    const message = 'createVm: kernel: "process" is Node\'s: a tab has one worker for all machines';
    throw new IsopodError("ERR_NOT_ON_THIS_HOST", `${message}. Leave it out.`);
  }
  const embedding = new Embedding();
  const { machine } = await normalizeVmOptions(rest, embedding);
  latest = {
    base: addressOf(assets),
    commandMemory: commandMemory === undefined ? undefined : checkMemory(commandMemory),
  };
  return new Vm(await RemoteMachine.create(tabThread(latest), machine, embedding));
}

/** What is in stores, asked of the kernel of the page's last machine. */
export const { listSnapshots, listMachines, removeSnapshot, removeMachine, diffSnapshots } =
  storedThings(latestThread);

/** The kernel of the page's last machine. */
export function latestThread(): KernelThread {
  return tabThread(latest ?? { base: addressOf(undefined), commandMemory: undefined });
}

function addressOf(assets: string | URL = new URL(".", HERE)): string {
  const { href } = new URL(assets, globalThis.location?.href);
  return href.endsWith("/") ? href : `${href}/`;
}

function checkMemory(bytes: number): number {
  const range = { min: 1, max: Number.MAX_SAFE_INTEGER };
  return integer({ where: "createVm", name: "commandMemory" }, bytes, range, "It counts bytes.");
}
