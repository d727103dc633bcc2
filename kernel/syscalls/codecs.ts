/** The calls of codecs, our own: work that the host does faster than a guest can. */
import { CodecFile, openCodec } from "../codecs/codec-file.ts";
import { Errno, fail } from "../errno.ts";
import type { Call } from "./call.ts";
import type { Handlers } from "./handlers.ts";

/** Descriptors begin here, so that a program's own keep the numbers they would have without. */
const FIRST_DESCRIPTOR = 256;

export const codecCalls: Handlers<"codec_open" | "codec_copy" | "codec_step"> = {
  codec_open(call, name, parameters, dictionary) {
    return install(call, () => openCodec(call.kernel, name, parameters, dictionary));
  },

  codec_copy: (call, fd) => install(call, () => codec(call, fd).copy()),

  codec_step: (call, fd, operation, buffer, data) =>
    codec(call, fd).step(call, operation, data, buffer),
};

function install(call: Call, open: () => CodecFile): number {
  const { fds } = call.process;
  fds.requireRoom();
  const file = open().acquire();
  try {
    return fds.install(file, true, FIRST_DESCRIPTOR);
  } finally {
    file.release();
  }
}

function codec(call: Call, fd: number): CodecFile {
  const file = call.file ?? call.process.fds.get(fd);
  if (!(file instanceof CodecFile)) fail(Errno.EINVAL);
  call.file = file;
  return file;
}
