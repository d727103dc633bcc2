/**
 * internalBinding("crypto"): a part of its own, since most programs never ask for it (crypto/), and what
 * TLS and it share.
 */
import type { CryptoPart } from "../crypto/crypto-script.ts";
import type { AskLibrary } from "../crypto/x509.ts";
import type { BindingFactory } from "../environment.ts";
import { lazyPart } from "../lazy.ts";
import { authoritiesOf } from "../tls/authorities.ts";
import { askLibrary } from "../tls/host-tls.ts";
import { hasTls, type KeyReaders, secureContextClass } from "../tls/secure-context.ts";

export const crypto: BindingFactory = (env) => {
  const ask: AskLibrary = (operation, ...values) => askLibrary(env, operation, ...values);
  const binding = lazyPart<CryptoPart>(env, "crypto").cryptoBinding(env, ask);
  const authorities = authoritiesOf(env);
  return {
    ...binding,
    SecureContext: secureContextClass(env, authorities, () => binding["keyReaders"] as KeyReaders),
    getSSLCiphers: () => (hasTls(env) ? askLibrary(env, "ciphers") : []),
    getRootCertificates: () => [...authorities.bundled()],
    getBundledRootCertificates: () => [...authorities.bundled()],
    getSystemCACertificates: () => [...authorities.system()],
    getExtraCACertificates: () => [...authorities.extra()],
    getUserRootCertificates: () => [...(authorities.user() ?? [])],
    isExtraRootCertsFileLoaded: () => authorities.extra().length > 0,
    resetRootCertStore: (certificates: readonly unknown[]) => authorities.reset(certificates),
    // They are read when they are asked for.
    startLoadingCertificatesOffThread() {},
  };
};
