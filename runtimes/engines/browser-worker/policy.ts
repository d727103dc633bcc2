/**
 * The policy that confines guests: response headers of the spawner's script, which its guests inherit.
 * Nothing may be fetched, scripts are made from text only, workers from `data:` only. What else the
 * page's files need is cross-origin isolation, for memory that guests and kernel share.
 * https://www.w3.org/TR/CSP3/ and https://html.spec.whatwg.org/#coep
 */

export const ISOLATION_HEADERS = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
} as const;

export const SPAWNER_POLICY =
  "default-src 'none'; script-src 'unsafe-eval' 'wasm-unsafe-eval'; worker-src data:; webrtc 'block'";
