/** Certificates of the crypto binding (crypto_x509.cc, crypto_spkac.cc). */
import type { Binding, Environment } from "../environment.ts";

export function certificateClasses(_env: Environment): Binding {
  return {
    certVerifySpkac: () => false,
    certExportPublicKey: () => "",
    certExportChallenge: () => "",
  };
}
