/** The calls of codecs, our own: work that the host does faster than a guest can. */
import { CodecFile, openCodec } from "../codecs/codec-file.ts";
import { Errno, fail } from "../errno.ts";
import type { Call } from "./call.ts";
import type { Handlers } from "./handlers.ts";
import { installApart } from "./own-descriptors.ts";

export const codecCalls: Handlers<"codec_open" | "codec_copy" | "codec_step"> = {
  codec_open(call, name, parameters, dictionary) {
    return installApart(call, () => openCodec(call.kernel, name, parameters, dictionary));
  },

  codec_copy: (call, fd) => installApart(call, () => codec(call, fd).copy()),

  codec_step: (call, fd, operation, buffer, data) =>
    codec(call, fd).step(call, operation, data, buffer),
};

function codec(call: Call, fd: number): CodecFile {
  const file = call.file ?? call.process.fds.get(fd);
  if (!(file instanceof CodecFile)) fail(Errno.EINVAL);
  call.file = file;
  return file;
}
