/** host_process: descriptors as POSIX has them, and locks. */
import {
  Errno,
  F_DUPFD,
  F_GETFD,
  F_GETLK,
  F_SETFD,
  F_UNLCK,
  FD_CLOEXEC,
  SEEK_SET,
} from "../../../kernel/abi.ts";
import { type ImportFunctions, refuse, size } from "../imports.ts";
import type { ProgramContext } from "../program-context.ts";

/** The commands' libc numbers F_GETLK, F_SETLK and F_SETLKW from here on. */
const WIRE_GETLK = 12;
const WIRE_SETLKW = 14;

export function descriptorExtensions(context: ProgramContext): ImportFunctions {
  const { sys, memory, descriptors } = context;

  /** The descriptor `fd` for a message with rights: sockets alone have them. */
  function noSocket(fd: number): never {
    sys.fcntl(fd, F_GETFD, 0);
    return refuse(Errno.ENOTSOCK);
  }

  return {
    fd_pipe(readEnd: number, writeEnd: number) {
      memory.slice(readEnd, 4);
      memory.slice(writeEnd, 4);
      const [reader, writer] = sys.pipe2(0) as [number, number];
      descriptors.forget(reader);
      descriptors.forget(writer);
      memory.setU32(readEnd, reader);
      memory.setU32(writeEnd, writer);
    },

    fd_dup(fd: number, result: number) {
      memory.slice(result, 4);
      const copy = sys.dup(fd);
      descriptors.forget(copy);
      memory.setU32(result, copy);
    },

    fd_dup2(fd: number, wanted: number) {
      if (fd === wanted) sys.fcntl(fd, F_GETFD, 0);
      else sys.dup3(fd, wanted, 0);
      descriptors.forget(wanted);
    },

    fd_dup_min(fd: number, least: number, result: number) {
      memory.slice(result, 4);
      const copy = sys.fcntl(fd, F_DUPFD, least);
      descriptors.forget(copy);
      memory.setU32(result, copy);
    },

    fd_getfd(fd: number, result: number) {
      memory.setU32(result, sys.fcntl(fd, F_GETFD, 0));
    },

    fd_setfd(fd: number, flags: number) {
      sys.fcntl(fd, F_SETFD, flags & FD_CLOEXEC);
    },

    fd_flock(fd: number, operation: number) {
      sys.flock(fd, operation);
    },

    fd_record_lock(
      fd: number,
      command: number,
      type: number,
      start: bigint,
      length: bigint,
      foundType: number,
      foundPid: number,
      foundStart: number,
      foundLength: number,
    ) {
      if (command < WIRE_GETLK || command > WIRE_SETLKW || type > F_UNLCK) refuse(Errno.EINVAL);
      const found = sys.fcntl_lock(fd, command - WIRE_GETLK + F_GETLK, {
        type,
        whence: SEEK_SET,
        start: size(start),
        length: size(length),
        pid: 0,
      });
      if (command !== WIRE_GETLK) return;
      memory.setU32(foundType, found.type);
      memory.setU32(foundPid, found.pid);
      memory.setU64(foundStart, BigInt(found.start));
      memory.setU64(foundLength, BigInt(found.length));
    },

    proc_closefrom(lowest: number) {
      descriptors.forgetAll();
      sys.close_range(lowest, 0xffff_ffff, 0);
    },

    fd_socketpair: () => refuse(Errno.EAFNOSUPPORT),
    fd_sendmsg_rights: noSocket,
    fd_recvmsg_rights: noSocket,
  };
}
