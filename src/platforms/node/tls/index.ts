/** TLS as Node has it, for guests (kernel/net/tls-file.ts): its own OpenSSL, in the kernel's thread. */
import { Errno, type HostTls, KernelError } from "../../../../kernel/index.ts";
import { type Answer, pack } from "../../../../runtimes/node/tls/messages.ts";
import { failureOf } from "./answers.ts";
import { invalid } from "./arguments.ts";
import { Connection } from "./connection.ts";
import { Context, questionOf } from "./context.ts";
import { answerAbout } from "./library.ts";
import { type TlsNatives, tlsNatives } from "./natives.ts";

export const nodeTls: HostTls = {
  ask(message) {
    const { operation, values } = questionOf(message);
    let answer: Answer;
    try {
      answer = { value: answerAbout(operation, values) };
    } catch (reason) {
      answer = { error: failureOf(reason) };
    }
    return pack(answer);
  },

  open(kind, context) {
    const natives = requireNatives();
    if (kind === "context" && !context) return new Context(natives);
    if (!(context instanceof Context)) return invalid();
    if (kind === "client") return new Connection(natives, context, false);
    return kind === "server" ? new Connection(natives, context, true) : invalid();
  },
};

function requireNatives(): TlsNatives {
  const natives = tlsNatives();
  if (!natives) throw new KernelError(Errno.ENOSYS);
  return natives;
}
