/**
 * The system-call interface as the guest's side sees it: the table, how calls travel, error numbers and
 * constants. Nothing here holds kernel state, so it may run inside a guest's isolate.
 */
export { decodeUtf8, encodeUtf8, encodeUtf8Into, joined } from "./bytes.ts";
export { CodecOperation } from "./codecs/operations.ts";
export { Errno, KernelError, strerror } from "./errno.ts";
export * from "./fd/flags.ts";
export { ARG_MAX, PATH_MAX, SYMLOOP_MAX } from "./limits.ts";
export * from "./net/constants.ts";
export * from "./net/ip-text.ts";
export * from "./process/status.ts";
export * from "./release.ts";
export * from "./signals/numbers.ts";
export { type Codec, out, Reader, Writer } from "./syscalls/codec.ts";
export {
  type BlockingSyscalls,
  type Definition,
  type SyscallName,
  syscalls,
  syscallsByNumber,
} from "./syscalls/table.ts";
export * from "./syscalls/types.ts";
export * from "./tty/termios.ts";
export * from "./vfs/constants.ts";
export * from "./vfs/inotify/constants.ts";
