/** The calls of TLS, our own: the host's library at work for a guest (kernel/net/tls-file.ts). */
import { Errno, fail } from "../errno.ts";
import { askTls, openTls, TlsFile } from "../net/tls-file.ts";
import type { Call } from "./call.ts";
import type { Handlers } from "./handlers.ts";

/** Descriptors begin here, so that a program's own keep the numbers they would have without. */
const FIRST_DESCRIPTOR = 256;
/** Objects that one message is about, beside the one that it is sent to. */
const OTHERS_MAX = 8;

export const tlsCalls: Handlers<"tls_open" | "tls_call"> = {
  tls_open(call, kind, context) {
    const { fds } = call.process;
    fds.requireRoom();
    const of = context < 0 ? undefined : tlsFile(call, context);
    const file = openTls(call.kernel, kind, of).acquire();
    try {
      return fds.install(file, true, FIRST_DESCRIPTOR);
    } finally {
      file.release();
    }
  },

  tls_call(call, fd, others, buffer, message) {
    if (fd < 0) return askTls(call.kernel, message, buffer);
    if (others.length > OTHERS_MAX) fail(Errno.EINVAL);
    const files = others.map((other) => tlsFile(call, other));
    return tlsFile(call, fd).call(message, files, buffer);
  },
};

function tlsFile(call: Call, fd: number): TlsFile {
  const file = call.process.fds.get(fd);
  if (!(file instanceof TlsFile)) fail(Errno.EINVAL);
  return file;
}
