/** internalBinding('stream_wrap'): what lib/ shares with every stream handle. */
import type { BindingFactory } from "../environment.ts";
import { LibuvStream } from "./stream_wrap/libuv-stream.ts";
import { StreamRequest } from "./stream_wrap/requests.ts";
import {
  kArrayBufferOffset,
  kBytesWritten,
  kLastWriteWasAsync,
  kReadBytesOrError,
} from "./stream_wrap/stream-base.ts";

export const streamWrap: BindingFactory = (env) => ({
  kReadBytesOrError,
  kArrayBufferOffset,
  kBytesWritten,
  kLastWriteWasAsync,
  streamBaseState: new Int32Array(kLastWriteWasAsync + 1),
  LibuvStreamWrap: LibuvStream,
  WriteWrap: class WriteWrap extends StreamRequest {
    constructor() {
      super(env, "WRITEWRAP");
    }
  },
  ShutdownWrap: class ShutdownWrap extends StreamRequest {
    constructor() {
      super(env, "SHUTDOWNWRAP");
    }
  },
});
