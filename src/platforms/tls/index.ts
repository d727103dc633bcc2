/** A host's TLS for guests (kernel/net/tls-file.ts), over natives that Node's library would drive. */
import type { HostTls } from "../../../kernel/index.ts";
import { type Answer, pack } from "../../../runtimes/node/tls/messages.ts";
import { failureOf } from "./answers.ts";
import { invalid, questionOf } from "./arguments.ts";
import { Connection } from "./connection.ts";
import { Context } from "./context.ts";
import type { TlsNatives } from "./natives.ts";

export interface TlsLibrary {
  /** Throws a KernelError where it has no TLS. */
  natives(): TlsNatives;
  /** About certificates and ciphers; throws for what is no question. */
  answerAbout(operation: string, values: readonly unknown[]): unknown;
}

/** It answers at once. */
export interface LocalTls extends HostTls {
  ask(message: Uint8Array): Uint8Array;
}

export function hostTls({ natives, answerAbout }: TlsLibrary): LocalTls {
  return {
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
      if (kind === "context" && !context) return new Context(natives());
      if (!(context instanceof Context)) return invalid();
      if (kind === "client") return new Connection(context, false);
      return kind === "server" ? new Connection(context, true) : invalid();
    },
  };
}
