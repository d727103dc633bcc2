/** The public names that Node and a tab share; what only one has stands in index.ts and browser.ts. */
export { IsopodError, type SystemError } from "./errors.ts";
export { type Evaluation, EvaluationError } from "./evaluation/evaluate.ts";
export { ExecError, type ExecResult } from "./exec.ts";
export type { Dir } from "./fs/dir.ts";
export type { Dirent } from "./fs/dirent.ts";
export type { FileHandle } from "./fs/file-handle.ts";
export type { BigIntStats, StatFs, Stats } from "./fs/stats.ts";
export type { VmFs } from "./fs/vm-fs.ts";
export type { GuestConnection } from "./guest-connection.ts";
export type { AuditEvent } from "./machine/embedder.ts";
export type { CommitPolicy, ProcessInfo, Snapshot, SnapshotDiff } from "./machine/protocol.ts";
export type {
  CommandOptions,
  ExecOptions,
  Input,
  OutputEncoding,
  SpawnOptions,
  TerminalOptions,
} from "./options/command-options.ts";
export type { EvaluateOptions } from "./options/evaluate-options.ts";
export type { ForkOptions } from "./options/fork-options.ts";
export type { VmLimitName, VmLimits, VmStats } from "./options/limits.ts";
export {
  type CustomFileSystemOptions,
  customFileSystem,
  type MemoryOptions,
  type Mount,
  memory,
  overlay,
  type S3Options,
  s3,
} from "./options/mounts.ts";
export type {
  ConnectOptions as GuestConnectOptions,
  FetchOptions,
  GuestServer,
  PreviewOptions,
  WaitOptions,
} from "./options/network-options.ts";
export type {
  Access,
  Decide,
  FsRule,
  HostRule,
  ListenRule,
  MountRule,
  NetworkRule,
  PermissionAnswer,
  PermissionRequest,
  Permissions,
  ProgramRule,
} from "./options/permissions.ts";
export { memoryStore, type Store } from "./options/stores.ts";
export {
  type ConnectOptions,
  connect,
  type RemoteHost,
  type RemoteVmOptions,
} from "./remote/client/connect.ts";
export { RemoteError } from "./remote/errors.ts";
export type { MachineSummary } from "./remote/server/host.ts";
export type { MachinePlace } from "./remote/travel/move.ts";
export type { Terminal } from "./terminal.ts";
export * from "./tools/exports.ts";
export type { VmTools } from "./tools/vm-tools.ts";
export type { Vm } from "./vm.ts";
export type { Exit, VmProcess } from "./vm-process.ts";
