/** TLS as Node has it, for guests: its own OpenSSL, in the kernel's thread. */
import { Errno, KernelError } from "../../../../kernel/index.ts";
import { hostTls } from "../../tls/index.ts";
import { answerAbout } from "./library.ts";
import { tlsNatives } from "./natives.ts";

export const nodeTls = hostTls({
  natives() {
    const natives = tlsNatives();
    if (!natives) throw new KernelError(Errno.ENOSYS);
    return natives;
  },
  answerAbout,
});
