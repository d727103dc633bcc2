/** internalBinding("tls_wrap"): TLS over any stream, by the host's library (tls/tls-wrap.ts). */
import type { Binding, BindingFactory } from "../environment.ts";
import type { SecureContextClass } from "../tls/secure-context.ts";
import { tlsWrapClass } from "../tls/tls-wrap.ts";
import type { StreamBase } from "./stream_wrap/stream-base.ts";

export const tlsWrap: BindingFactory = (env) => {
  const contexts = () =>
    env.internalBinding<Binding & { SecureContext: SecureContextClass }>("crypto").SecureContext;
  const TLSWrap = tlsWrapClass(env, contexts);
  return {
    TLSWrap,
    wrap: (stream: StreamBase, context: object, isServer: boolean, waits: boolean) =>
      new TLSWrap(stream, context, isServer, waits === true),
    // A trace would be written by the host's library.
    HAVE_SSL_TRACE: false,
  };
};
