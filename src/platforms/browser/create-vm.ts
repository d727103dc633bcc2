/** `createVm` in a tab: the kernel in the page's one worker for it. */
import { normalizeVmOptions, type VmOptions } from "../../options/vm-options.ts";
import { RemoteMachine } from "../../remote-machine.ts";
import { Vm } from "../../vm.ts";
import { tabThread } from "./kernel-thread.ts";

export interface TabVmOptions extends Omit<VmOptions, "kernel"> {
  /**
   * Where the files of the package's dist/browser are served, on the page's own origin. Default: beside
   * this script.
   */
  assets?: string | URL;
}

const HERE = import.meta.url;

/** Boots a machine on the base image, with nothing granted but what `options` says. */
export async function createVm(options: TabVmOptions = {}): Promise<Vm> {
  const { assets = new URL(".", HERE), ...rest } = options;
  const { machine } = normalizeVmOptions(rest);
  const base = new URL(assets, globalThis.location?.href).href;
  const thread = tabThread(base.endsWith("/") ? base : `${base}/`);
  return new Vm(await RemoteMachine.create(thread, machine));
}
