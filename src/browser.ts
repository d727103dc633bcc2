/** Isopod in a browser's tab: the public names of `isopod/browser`. */
export * from "./exports.ts";
export { indexedDbStore } from "./options/stores.ts";
export { type Capabilities, capabilities } from "./platforms/browser/capabilities.ts";
export {
  createVm,
  diffSnapshots,
  listMachines,
  listSnapshots,
  removeMachine,
  removeSnapshot,
  type TabVmOptions as VmOptions,
} from "./platforms/browser/create-vm.ts";
export { enableIsolation, type IsolationOptions } from "./platforms/browser/isolation.ts";
export { serveMachines } from "./platforms/browser/serve-machines.ts";
export { copyMachine, moveMachine } from "./platforms/browser/travel.ts";
