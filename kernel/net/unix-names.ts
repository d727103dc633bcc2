/**
 * The names of Unix sockets (unix(7)): a file of type S_IFSOCK, whose inode has the socket while that is
 * open, or an abstract name, which begins with a NUL and ends with its socket.
 */
import { decodeUtf8, encodeUtf8 } from "../bytes.ts";
import { Errno, fail, KernelError } from "../errno.ts";
import { UNIX_PATH_MAX } from "../limits.ts";
import type { Call } from "../syscalls/call.ts";
import type { SocketAddress } from "../syscalls/types.ts";
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW, S_IFMT, S_IFSOCK, W_OK } from "../vfs/constants.ts";
import type { Inode } from "../vfs/file-system.ts";
import { makeNode } from "../vfs/names.ts";
import { require } from "../vfs/permission.ts";
import { locate } from "../vfs/start.ts";
import { AF_UNIX } from "./constants.ts";
import type { Socket } from "./socket.ts";

/** A name that a socket has, until `free`. */
export interface UnixName {
  readonly address: SocketAddress;
  free(): void;
}

export const UNNAMED: SocketAddress = {
  family: AF_UNIX,
  address: new Uint8Array(0),
  port: 0,
  scope: 0,
};

export class UnixNames {
  readonly #abstract = new Map<string, Socket>();
  #automatic = 0;

  /** Gives `socket` the name that the caller asks for, or one of its own where it names none. */
  bind(call: Call, socket: Socket, address: SocketAddress): UnixName {
    const name = nameIn(address);
    if (name === "") return this.#bindAbstract(this.#freeName(), socket);
    if (name.startsWith("\0")) return this.#bindAbstract(name, socket);
    return bindPath(call, name, socket);
  }

  /** The socket behind a name; ECONNREFUSED where nobody has it. */
  find(call: Call, address: SocketAddress): Socket {
    const name = nameIn(address);
    if (name === "") fail(Errno.EINVAL);
    if (name.startsWith("\0")) return this.#abstract.get(name) ?? fail(Errno.ECONNREFUSED);
    const { inode } = locate(call.process, AT_FDCWD, name, 0);
    const file = inode.attributes();
    require(file, call.process.credentials, W_OK);
    if ((file.mode & S_IFMT) !== S_IFSOCK) fail(Errno.ECONNREFUSED);
    return (inode.socket as Socket | undefined) ?? fail(Errno.ECONNREFUSED);
  }

  #bindAbstract(name: string, socket: Socket): UnixName {
    if (this.#abstract.has(name)) fail(Errno.EADDRINUSE);
    this.#abstract.set(name, socket);
    return { address: addressOf(name), free: () => this.#abstract.delete(name) };
  }

  /** Five hexadecimal digits, as Linux gives them. */
  #freeName(): string {
    for (let tries = 0; tries < AUTOMATIC_NAMES; tries++) {
      this.#automatic = (this.#automatic + 1) % AUTOMATIC_NAMES;
      const name = `\0${this.#automatic.toString(16).padStart(5, "0")}`;
      if (!this.#abstract.has(name)) return name;
    }
    return fail(Errno.ENOSPC);
  }
}

const AUTOMATIC_NAMES = 0x100000;

function bindPath(call: Call, path: string, socket: Socket): UnixName {
  const { process } = call;
  try {
    makeNode(process, AT_FDCWD, path, S_IFSOCK | 0o777, 0);
  } catch (reason) {
    const isTaken = reason instanceof KernelError && reason.errno === Errno.EEXIST;
    throw isTaken ? new KernelError(Errno.EADDRINUSE) : reason;
  }
  const { inode } = locate(process, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);
  inode.socket = socket;
  return { address: addressOf(path), free: () => forget(inode, socket) };
}

function forget(inode: Inode, socket: Socket): void {
  if (inode.socket === socket) inode.socket = undefined;
}

/** The name as text: a path up to its first NUL, or NUL and the abstract name with all its bytes. */
function nameIn({ family, address }: SocketAddress): string {
  if (family !== AF_UNIX || address.length > UNIX_PATH_MAX) fail(Errno.EINVAL);
  const name = decodeUtf8(address);
  if (name.startsWith("\0")) return name;
  const end = name.indexOf("\0");
  return end < 0 ? name : name.slice(0, end);
}

function addressOf(name: string): SocketAddress {
  return { ...UNNAMED, address: encodeUtf8(name) };
}
