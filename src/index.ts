/** Isopod on Node: the package's public names. */
export {
  createVm,
  diffSnapshots,
  exportSnapshot,
  importSnapshot,
  listMachines,
  listSnapshots,
  removeMachine,
  removeSnapshot,
} from "./create-vm.ts";
export * from "./exports.ts";
export { type FileSystemCheck, fileSystemChecks } from "./mounts/custom/checks.ts";
export type {
  DirectoryItem,
  FileChanges,
  FileInfo,
  FileSystemDriver,
  FileType,
  NewFile,
} from "./mounts/custom/driver.ts";
export { directoryStore } from "./options/directory-store.ts";
export { hostDirectory, nodeModulesMount } from "./options/host-directory.ts";
export type { VmOptions } from "./options/vm-options.ts";
export type { TravelOptions, TravelProgress, TravelReport } from "./remote/travel/travel.ts";
export { serveMachines } from "./serve-machines.ts";
export { copyMachine, moveMachine } from "./travel.ts";
