/**
 * internalBinding("tls_wrap"): lib/ loads with it, so that `https` and `tls` can be required; a TLS
 * connection is refused where one begins.
 */
import type { BindingFactory } from "../environment.ts";
import { refused } from "../errors.ts";

export const tlsWrap: BindingFactory = () => {
  class TLSWrap {
    constructor() {
      throw noTls();
    }
  }

  return {
    TLSWrap,
    wrap() {
      throw noTls();
    },
    HAVE_SSL_TRACE: true,
  };
};

function noTls(): Error {
  return refused("TLS", "a machine has no TLS of its own");
}
