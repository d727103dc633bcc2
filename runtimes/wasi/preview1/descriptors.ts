/** The fd_ and sock_ calls that the shim does not carry as WASI has them. */
import { wasi } from "@bjorn3/browser_wasi_shim";
import { Errno, encodeUtf8, F_GETFD, SEEK_CUR, SEEK_END } from "../../../kernel/abi.ts";
import { KernelFilestat } from "../filestat.ts";
import { type ImportFunctions, refuse, size } from "../imports.ts";
import type { ProgramContext } from "../program-context.ts";
import { Piece } from "../stats.ts";

const ADVICE_MAX = 5;

export function descriptorImports(context: ProgramContext) {
  const { sys, memory, paths, descriptors, stats } = context;

  /** No descriptor is a socket: EBADF where there is none, ENOTSOCK where there is. */
  function noSocket(fd: number): never {
    sys.fcntl(fd, F_GETFD, 0);
    return refuse(Errno.ENOTSOCK);
  }

  return {
    fd_advise(fd: number, _offset: bigint, _length: bigint, advice: number) {
      if (advice > ADVICE_MAX) refuse(Errno.EINVAL);
      sys.fcntl(fd, F_GETFD, 0);
    },

    fd_filestat_get(fd: number, result: number) {
      const stat = paths.isTagged(fd)
        ? stats.ofPath(paths.locate(fd, "."), true, Piece.Filestat)
        : stats.ofDescriptor(fd, Piece.Filestat);
      memory.slice(result, 64);
      new KernelFilestat(stat).write_bytes(memory.view, result);
    },

    fd_seek(fd: number, offset: bigint, whence: number, result: number) {
      if (whence > SEEK_END) refuse(Errno.EINVAL);
      memory.setU64(result, BigInt(sys.lseek(fd, size(offset), whence)));
    },

    fd_tell(fd: number, result: number) {
      memory.setU64(result, BigInt(sys.lseek(fd, 0, SEEK_CUR)));
    },

    fd_prestat_get(fd: number, result: number) {
      const name = paths.preopenName(fd) ?? refuse(Errno.EBADF);
      memory.setU32(result, wasi.PREOPENTYPE_DIR);
      memory.setU32(result + 4, encodeUtf8(name).length);
    },

    fd_prestat_dir_name(fd: number, address: number, capacity: number) {
      const name = paths.preopenName(fd) ?? refuse(Errno.EBADF);
      if (memory.setText(address, capacity, name) > capacity) refuse(Errno.ENAMETOOLONG);
    },

    fd_datasync(fd: number) {
      sys.fdatasync(fd);
    },

    fd_renumber(from: number, to: number) {
      sys.fcntl(from, F_GETFD, 0);
      sys.fcntl(to, F_GETFD, 0);
      if (from === to) return;
      sys.dup3(from, to, 0);
      sys.close(from);
      descriptors.move(from, to);
    },

    sock_accept: noSocket,
    sock_recv: noSocket,
    sock_send: noSocket,
    sock_shutdown: noSocket,
  } satisfies ImportFunctions;
}
