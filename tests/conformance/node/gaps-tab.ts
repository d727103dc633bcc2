/** What fails in a tab whose page is isolated, on the worker's own V8, of the sample that isolated-vm passes: `set:folder/name` by reason. */
import type { Differences } from "./expectations.ts";

export const TAB: Differences = {
  gaps: {
    "`--loader` answers otherwise": ["v23.9:es-module/test-esm-initialization"],
    "a browser has no flush of brotli midway": ["v20.11.1:parallel/test-zlib-bytes-read"],
    "a browser has no compression by zstd": ["v23.9:parallel/test-zlib"],
    "contexts have no queue of microtasks of their own, nor a time limit": [
      "v20.11.1:sequential/test-vm-timeout-rethrow",
    ],
    "contexts share the objects of the language": ["v24:parallel/test-crypto-subtle-cross-realm"],
    "the parser of modules words syntax errors in its own way": [
      "v20.11.1:parallel/test-cli-syntax-piped-bad",
    ],
    "what a context shows of its global object differs": ["v23.9:parallel/test-vm-ownkeys"],
  },
  timing: {},
};
