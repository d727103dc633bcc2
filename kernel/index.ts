/** What hosts and runtimes may use of the kernel; nothing else is theirs to import. */
export { decodeUtf8, encodeUtf8, encodeUtf8Into, joined, utf8Length } from "./bytes.ts";
export { CodecOperation } from "./codecs/operations.ts";
export { Errno, type ErrnoName, errnoName, explain, KernelError, strerror } from "./errno.ts";
export * from "./fd/flags.ts";
export type { Unread } from "./fd/open-file.ts";
export * from "./gauges.ts";
export type {
  Clock,
  CodecAnswer,
  CodecMemory,
  Host,
  HostCodec,
  HostCodecs,
  HostTls,
  HostTlsObject,
  Scheduler,
  Timer,
} from "./host.ts";
export { Kernel, type KernelOptions } from "./kernel.ts";
export * from "./net/constants.ts";
export type * from "./net/gateway.ts";
export type * from "./policy.ts";
export { inKernelProgram } from "./process/main.ts";
export type { BinaryFormat, ExecutableFile, Execution, Main, Program } from "./process/program.ts";
export { Resource } from "./process/resource-limits.ts";
export * from "./process/status.ts";
export * from "./signals/numbers.ts";
export type { Sys } from "./syscalls/client.ts";
export { Gate, ProcessGone, Restart } from "./syscalls/gate.ts";
export { formatTrace, type TraceEvent } from "./syscalls/strace.ts";
export * from "./syscalls/table.ts";
export * from "./syscalls/types.ts";
export * from "./tty/termios.ts";
export { columnsOf } from "./tty/width.ts";
export * from "./vfs/constants.ts";
export * from "./vfs/inotify/constants.ts";
export { isSleep, sleepFor } from "./wait/sleep.ts";
