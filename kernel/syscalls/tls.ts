/**
 * The calls of TLS, our own: the host's library at work for a guest (kernel/net/tls-file.ts), and
 * handshakes that the gateway makes for it (kernel/net/tls-handshake.ts).
 */
import { Errno, fail } from "../errno.ts";
import { O_CLOEXEC, O_NONBLOCK } from "../fd/flags.ts";
import { askTls, openTls, TlsFile } from "../net/tls-file.ts";
import { startHandshake } from "../net/tls-handshake.ts";
import type { Call } from "./call.ts";
import type { Handlers } from "./handlers.ts";
import { installApart } from "./own-descriptors.ts";

/** Objects that one message is about, beside the one that it is sent to. */
const OTHERS_MAX = 8;

export const tlsCalls: Handlers<"tls_open" | "tls_call" | "tls_connect"> = {
  tls_open(call, kind, context) {
    return installApart(call, () =>
      openTls(call.kernel, kind, context < 0 ? undefined : tlsFile(call, context)),
    );
  },

  tls_call(call, fd, others, buffer, message) {
    if (fd < 0) return askTls(call, message, buffer);
    if (others.length > OTHERS_MAX) fail(Errno.EINVAL);
    const file = call.file instanceof TlsFile ? call.file : tlsFile(call, fd);
    call.file = file;
    const files = call.state ? [] : others.map((other) => tlsFile(call, other));
    return file.call(call, message, files, buffer);
  },

  tls_connect(call, fd, options, flags) {
    if ((flags & ~(O_NONBLOCK | O_CLOEXEC)) !== 0) fail(Errno.EINVAL);
    const socket = call.process.fds.get(fd);
    return installApart(call, () => startHandshake(socket, options, flags & O_NONBLOCK));
  },
};

function tlsFile(call: Call, fd: number): TlsFile {
  const file = call.process.fds.get(fd);
  if (!(file instanceof TlsFile)) fail(Errno.EINVAL);
  return file;
}
