/**
 * FileHandle of the `fs` binding: a descriptor with an owner, under `fs.promises`' class of that name. It
 * is a readable stream too (http2 sends files that way).
 */
import { Errno, type KernelError } from "../../../../kernel/abi.ts";
import { AsyncWrap } from "../../async-wrap.ts";
import type { Environment } from "../../environment.ts";
import { uvErrno, uvException } from "../../errors.ts";
import { cloneError, fileData, TRANSFER, type TransferData } from "../../messaging/message.ts";

export type FileHandleClass = new (fd: number, offset?: number, length?: number) => AsyncWrap;

const UV_EOF = -4095;
const READ = 65_536;

export function createFileHandle(env: Environment): FileHandleClass {
  return class FileHandle extends AsyncWrap {
    #fd: number;
    #offset: number;
    /** Bytes that readStart still gives; negative: all. */
    #length: number;
    #closing: Promise<void> | undefined;
    #reading = false;
    #readPending = false;

    constructor(fd: number, offset?: number, length?: number) {
      super(env, "FILEHANDLE");
      this.#fd = fd;
      this.#offset = typeof offset === "number" ? offset : -1;
      this.#length = typeof length === "number" ? length : -1;
    }

    get fd(): number {
      return this.#fd;
    }

    get isStreamBase(): boolean {
      return true;
    }

    /** Closes; the promise is rejected where that fails. */
    close(): Promise<void> {
      if (this.#closing) return this.#closing;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      this.#closing = promise;
      env.loop.request(() => {
        const error = this.#close();
        if (error) env.makeCallback(this, reject as never, [error]);
        else env.makeCallback(this, resolve as never, []);
        this.emitDestroy();
      });
      return promise;
    }

    closeSync(): void {
      if (this.#fd < 0 || this.#closing) return;
      const error = this.#close();
      if (error) throw error;
    }

    /** The descriptor, which is the caller's from now on. */
    releaseFD(): number {
      const fd = this.#fd;
      this.#fd = -1;
      return fd;
    }

    /** Goes to another port: the descriptor is the receiver's. */
    [TRANSFER](): TransferData {
      if (this.#closing || this.#reading || this.#fd < 0) {
        throw cloneError(env, "Cannot transfer FileHandle while in use");
      }
      return fileData({ fd: this.releaseFD(), offset: this.#offset, length: this.#length });
    }

    readStart(): number {
      if (this.#fd < 0 || this.#closing) return UV_EOF;
      this.#reading = true;
      if (!this.#readPending) this.#readOn();
      return 0;
    }

    readStop(): number {
      this.#reading = false;
      return 0;
    }

    #close(): Error | undefined {
      const fd = this.releaseFD();
      try {
        if (fd >= 0) env.sys.close(fd);
        return undefined;
      } catch (reason) {
        return uvException(uvErrno(reason), "close");
      }
    }

    #readOn(): void {
      this.#readPending = true;
      env.loop.request(() => {
        this.#readPending = false;
        if (!this.#reading) return;
        const [count, bytes] = this.#read();
        if (count > 0 && this.#length >= 0) this.#length -= count;
        if (count > 0 && this.#offset >= 0) this.#offset += count;
        const state = env.internalBinding<{ streamBaseState: Int32Array }>("stream_wrap");
        state.streamBaseState[0] = count === 0 ? UV_EOF : count;
        this.makeCallback("onread", count > 0 ? [bytes] : [undefined]);
        if (count > 0 && this.#reading) this.#readOn();
        else this.#reading = false;
      });
    }

    /** Bytes read, or a negative error number; and the memory that they are in. */
    #read(): [number, ArrayBuffer | undefined] {
      const wanted = this.#length >= 0 ? Math.min(READ, this.#length) : READ;
      if (wanted === 0) return [0, undefined];
      const target = new Uint8Array(wanted);
      try {
        const count =
          this.#offset >= 0
            ? env.sys.pread64(this.#fd, target, this.#offset)
            : env.sys.read(this.#fd, target);
        return [count, count === wanted ? target.buffer : target.buffer.slice(0, count)];
      } catch (reason) {
        const { errno } = reason as KernelError;
        return [errno === undefined ? -Errno.EIO : -errno, undefined];
      }
    }
  };
}
