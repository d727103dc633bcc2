/** internalBinding("crypto"): a part of its own, since most programs never ask for it (crypto/). */
import type { CryptoPart } from "../crypto/crypto-script.ts";
import type { BindingFactory } from "../environment.ts";
import { lazyPart } from "../lazy.ts";

export const crypto: BindingFactory = (env) =>
  lazyPart<CryptoPart>(env, "crypto").cryptoBinding(env);
