/** internalBinding("pipe_wrap"): pipes and FIFOs as streams. */
import {
  F_GETFL,
  F_SETFL,
  O_ACCMODE,
  O_NONBLOCK,
  O_RDONLY,
  O_WRONLY,
} from "../../../kernel/abi.ts";
import { ReqWrap } from "../async-wrap.ts";
import type { BindingFactory } from "../environment.ts";
import { uvErrno } from "../errors.ts";
import { LibuvStream } from "./stream_wrap/libuv-stream.ts";

const SOCKET = 0;
const SERVER = 1;
const IPC = 2;

export const pipeWrap: BindingFactory = (env) => {
  class Pipe extends LibuvStream {
    constructor(type: number) {
      super(env, type === SERVER ? "PIPESERVERWRAP" : "PIPEWRAP");
    }

    /** Takes over a descriptor that is open; 0, or what is wrong with it. */
    open(fd: number): number {
      try {
        const access = env.sys.fcntl(fd, F_GETFL, 0) & O_ACCMODE;
        this.attach(fd, access !== O_WRONLY, access !== O_RDONLY);
        return this.changeBlocking(false);
      } catch (reason) {
        return uvErrno(reason);
      }
    }

    protected changeBlocking(enable: boolean): number {
      try {
        const fd = this.descriptor();
        const flags = env.sys.fcntl(fd, F_GETFL, 0);
        env.sys.fcntl(fd, F_SETFL, enable ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
        return 0;
      } catch (reason) {
        return uvErrno(reason);
      }
    }
  }

  class PipeConnectWrap extends ReqWrap {
    constructor() {
      super(env, "PIPECONNECTWRAP");
    }
  }

  return {
    Pipe,
    PipeConnectWrap,
    constants: { SOCKET, SERVER, IPC, UV_READABLE: 1, UV_WRITABLE: 2 },
  };
};
