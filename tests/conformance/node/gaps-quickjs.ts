/** What fails on QuickJS, of the sample that isolated-vm passes: `set:folder/name` by reason. */
import type { Differences } from "./expectations.ts";

export const QUICKJS: Differences = {
  gaps: {
    "QuickJS has less stack": ["v20.11.1:parallel/test-async-local-storage-deep-stack"],
    "`for await` does not wait for the end of an iterator that it leaves early": [
      "v20.11.1:parallel/test-fs-opendir",
      "v23.9:parallel/test-fs-opendir",
    ],
    "children that start together end too late": ["v23.9:es-module/test-esm-type-field-errors"],
    "errors of the engine are worded otherwise": [
      "v20.11.1:parallel/test-cli-syntax-piped-bad",
      "v20.11.1:parallel/test-whatwg-url-custom-searchparams-constructor",
      "v20.11.1:parallel/test-whatwg-url-custom-searchparams-getall",
    ],
    "functions of classes have a constructor that is no class": [
      "v24:parallel/test-runner-mocking",
    ],
    "no WebAssembly": [
      "v24:es-module/test-esm-wasm-non-identifier-exports",
      "v24:module-hooks/test-module-hooks-require-wasm",
      "v24:parallel/test-sqlite-data-types",
      "v24:parallel/test-sqlite-transactions",
    ],
    "no worker threads: a program has one thread": [
      "v20.11.1:parallel/test-diagnostics-channel-worker-threads",
      "v20.11.1:parallel/test-worker-crypto-sign-transfer-result",
      "v20.11.1:parallel/test-worker-esmodule",
      "v20.11.1:parallel/test-worker-message-port-drain",
      "v20.11.1:parallel/test-worker-nexttick-terminate",
      "v20.11.1:parallel/test-worker-relative-path-double-dot",
      "v20.11.1:parallel/test-worker-stack-overflow",
      "v20.11.1:parallel/test-worker-terminate-unrefed",
      "v23.9:es-module/test-esm-initialization",
      "v23.9:es-module/test-esm-loader-resolve-type",
      "v23.9:parallel/test-worker-stdio",
      "v24:es-module/test-esm-loader-thenable",
      "v24:es-module/test-require-esm-from-imported-cjs",
      "v24:parallel/test-worker-thread-name",
    ],
    "stacks and their frames are named otherwise": [
      "v24:parallel/test-process-execve-abort",
      "v24:test-runner/test-output-test-runner-plan",
    ],
    "there is no TLS in a machine": [
      "v24:client-proxy/test-https-proxy-request-proxy-failure-hang-up",
    ],
    "what a context shows of its global object differs": [
      "v23.9:parallel/test-vm-new-script-new-context",
      "v23.9:parallel/test-vm-ownkeys",
    ],
  },
  timing: { "a slower engine needs longer": ["v20.11.1:parallel/test-net-bytes-written-large"] },
};

/** At the edge alone. */
export const EDGE: Differences = {
  gaps: {
    "QuickJS has less stack": [
      "v23.9:parallel/test-crypto-keygen",
      "v23.9:parallel/test-stream-readable-to-web",
    ],
    "a program has less memory": ["v20.11.1:parallel/test-http-agent-reuse-drained-socket-only"],
    "its zlib tells of an early end otherwise": ["v23.9:parallel/test-zlib"],
    "more than four processes of a machine have no room at once": [
      "v20.11.1:parallel/test-child-process-fork-args",
      "v20.11.1:parallel/test-common-expect-warning",
      "v20.11.1:parallel/test-env-var-no-warnings",
      "v20.11.1:parallel/test-runner-exit-code",
      "v20.11.1:parallel/test-vm-api-handles-getter-errors",
      "v23.9:es-module/test-esm-module-not-found-commonjs-hint",
      "v23.9:parallel/test-process-warnings",
      "v23.9:sequential/test-cli-syntax-file-not-found",
    ],
  },
  timing: {
    "a slower engine needs longer": [
      "v20.11.1:parallel/test-child-process-fork-abort-signal",
      "v20.11.1:parallel/test-crypto-keygen-async-encrypted-private-key",
      "v20.11.1:parallel/test-fs-promises-writefile",
    ],
  },
};

/** In a tab alone. */
export const TAB_QUICKJS: Differences = {
  gaps: {
    "no worker threads: a program has one thread": ["v23.9:parallel/test-process-warnings"],
    "a browser has no flush of brotli midway": ["v20.11.1:parallel/test-zlib-bytes-read"],
    "a browser has no compression by zstd": ["v23.9:parallel/test-zlib"],
    "a message between processes is cut": ["v20.11.1:parallel/test-child-process-fork-args"],
  },
  timing: { "a slower engine needs longer": ["v23.9:parallel/test-crypto-keygen"] },
};
