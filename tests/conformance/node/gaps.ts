/** Tests that are to pass one day, by module and by what they end with today. */

/** `folder/name` for every checkout, `set:folder/name` for one, by reason, by module. */
export const GAPS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  async_hooks: {
    "another value than expected": [
      "async-hooks/test-callback-error",
      "async-hooks/test-promise",
      "async-hooks/test-promise.chain-promise-before-init-hooks",
      "async-hooks/test-unhandled-rejection-context",
      "parallel/test-async-hooks-promise-enable-disable",
      "parallel/test-async-hooks-promise-triggerid",
      "parallel/test-async-wrap-promise-after-enabled",
    ],
    'Expected "actual" to be reference-equal to "expected": + actual - expected': [
      "async-hooks/test-async-exec-resource-http",
      "async-hooks/test-async-exec-resource-http-32060",
      "async-hooks/test-async-exec-resource-http-agent",
    ],
    "AssertionError [ERR_ASSERTION]": ["parallel/test-async-wrap-pop-id-during-load"],
    "TypeError: Cannot read properties of undefined (reading '1')": [
      "parallel/test-async-hooks-async-await",
    ],
    "TypeError: Cannot read properties of undefined (reading 'Symbol(cls)')": [
      "parallel/test-async-hooks-execution-async-resource-await",
    ],
    "TypeError: Cannot read properties of undefined (reading 'triggerId')": [
      "parallel/test-async-hooks-promise",
    ],
    "a callback was called 0 times, not 2": ["parallel/test-async-hooks-disable-during-promise"],
    "a condition does not hold": ["parallel/test-async-hooks-enable-before-promise-resolve"],
    promiseResolve: ["parallel/test-async-hooks-fatal-error"],
    "unknown error another value than expected": ["async-hooks/test-async-local-storage-errors"],
  },
  buffer: {
    "RangeError: Array buffer allocation failed": ["v23.9:parallel/test-buffer-tostring-range"],
    "skips itself in a machine: Unable to allocate 4294968296 bytes for ArrayBuffer": [
      "sequential/test-buffer-creation-regression",
    ],
    "skips itself in a machine: insufficient space for Buffer.alloc": [
      "parallel/test-buffer-tostring-4gb",
    ],
  },
  child_process: {
    "a callback was called 0 times, not 1": ["parallel/test-child-process-fork-getconnections"],
    "does not end in time": ["parallel/test-child-process-advanced-serialization-largebuffer"],
    "there is no Python in a machine": ["parallel/test-child-process-set-blocking"],
  },
  cli: {
    "another value than expected": [
      "parallel/test-experimental-shared-value-conveyor",
      "parallel/test-security-revert-unknown",
    ],
    Expect: ["parallel/test-bash-completion"],
  },
  crypto: {
    "the heap is full: it makes a buffer of 2 GiB": ["parallel/test-crypto-certificate"],
    "a condition does not hold": [
      "parallel/test-crypto-getcipherinfo",
      "parallel/test-crypto-key-objects",
      "parallel/test-crypto-key-objects-messageport",
    ],
    "another value than expected": [
      "parallel/test-crypto-keygen-invalid-parameter-encoding-ec",
      "v24:parallel/test-crypto-dh-stateless",
    ],
    "Error: error:0308010C:digital envelope routines::unsupported": [
      "parallel/test-crypto-no-algorithm",
    ],
    'Expected "actual" not to be strictly deep-equal to: {}': [
      "parallel/test-crypto-worker-thread",
    ],
    'The validation function is expected to return "true". Received false': [
      "parallel/test-crypto",
    ],
    "does not end in time": ["v23.9:parallel/test-crypto-prime"],
    "heap snapshots and statistics of V8's heap": ["parallel/test-crypto-secure-heap"],
    "output does not match /operation[\\s_]not[\\s_]supported[\\s_]for[\\s_]this[\\s_]keytyp": [
      "v24:parallel/test-crypto-async-sign-verify",
    ],
  },
  domain: {
    "Error: foo": ["parallel/test-domain-promise"],
    "another value than expected": ["parallel/test-domain-vm-promise-isolation"],
    "process should have aborted, but did not": [
      "parallel/test-domain-with-abort-on-uncaught-exception",
    ],
  },
  encoding: {
    "a condition does not hold": ["parallel/test-intl-v8BreakIterator"],
  },
  errors: {
    "Error: weird throw but ok": ["parallel/test-throw-error-with-getter-throw-traced"],
    "not ok 1 - prints a trace on process exit for uncaught errors": [
      "parallel/test-throw-undefined-or-null-traced",
    ],
    "output does not match /throw {\\r?\\n\\^\\r?\\n{ toString: \\[Function: toString] }\\r?\\n": [
      "parallel/test-error-reporting",
    ],
  },
  "es-module": {
    "Error: unexpected top-level await at a file": [
      "es-module/test-require-module-tla-print-execution",
    ],
    "a callback was called 0 times, not 1": ["es-module/test-esm-dynamic-import"],
    "another value than expected": ["es-module/test-vm-main-context-default-loader-eval"],
    "not ok 1 - the process exit event should provide the correct code": [
      "v24:es-module/test-esm-tla-unfinished",
    ],
    "output does not match /^\\s*at http:\\/\\/127\\.0\\.0\\.1:\\d+\\/foo\\.wasm:wasm-function\\[":
      ["es-module/test-wasm-web-api"],
  },
  events: {
    "a callback was called 0 times, not 1": ["parallel/test-event-capture-rejections"],
  },
  fs: {
    "another value than expected": [
      "parallel/test-fs-fchmod",
      "parallel/test-fs-fchown",
      "v23.9:parallel/test-fs-promises",
    ],
    "Missing expected rejection (AbortError): tick-1": [
      "parallel/test-fs-promises-file-handle-readFile",
    ],
    "not ok 1 - _write": ["parallel/test-fs-write-stream-eagain"],
    "skips itself in a machine: Not enough space in /tmp/node-test/.tmp.0": [
      "parallel/test-fs-readfile",
    ],
    "skips itself in a machine: skipped due to memory requirements": [
      "parallel/test-fs-write-buffer-large",
    ],
  },
  http: {
    "function should not have been called at a file": [
      "client-proxy/test-http-proxy-request-connection-refused",
      "client-proxy/test-http-proxy-request-proxy-failure-hang-up",
    ],
    "another value than expected": ["client-proxy/test-http-proxy-request-ipv6"],
  },
  https: {
    "a callback for keys of tickets would be waited for": [
      "parallel/test-https-resume-after-renew",
    ],
  },
  module: {
    "Error [ERR_TRACE_EVENTS_UNAVAILABLE]: Trace events are unavailable": [
      "parallel/test-module-print-timing",
    ],
    "TypeError: i is not iterable": ["parallel/test-require-delete-array-iterator"],
    "set %Object.prototype%.type at a file": ["parallel/test-module-prototype-mutation"],
  },
  net: {
    "another value than expected": ["parallel/test-listen-fd-ebadf"],
  },
  other: {
    "does not end in time": ["parallel/test-shadow-realm-custom-loaders"],
    "Expected non-zero exit for invalid input 0": ["parallel/test-max-old-space-size-percentage"],
    "TypeError: Cannot read properties of null (reading 'length')": [
      "parallel/test-sync-io-option",
    ],
    "output does not match /Eastern (?:Standard|Daylight) Time/. Input: '11/22/2026, 7:": [
      "parallel/test-datetime-change-notify",
    ],
    "skips itself in a machine: missing strace": ["parallel/test-strace-openat-openssl"],
    "skips itself in a machine: skipped due to memory requirements": [
      "parallel/test-tick-processor-arguments",
    ],
    "the engine lacks the proposal": ["parallel/test-shadow-realm-preload-module"],
  },
  perf_hooks: {
    "another value than expected": ["parallel/test-perf-hooks-worker-timeorigin"],
  },
  process: {
    "another value than expected": [
      "parallel/test-promise-hook-create-hook",
      "parallel/test-promise-hook-on-after",
      "parallel/test-promise-hook-on-before",
      "parallel/test-promise-hook-on-init",
    ],
    "a callback was called 0 times, not 1": [
      "parallel/test-promise-unhandled-default",
      "parallel/test-warn-multipleResolves",
    ],
    "a callback was called 0 times, not 4": [
      "parallel/test-promise-hook-exceptions",
      "parallel/test-promise-swallowed-event",
    ],
    "Error [ERR_INSPECTOR_NOT_AVAILABLE]: Inspector is not available": [
      "parallel/test-process-get-builtin",
    ],
    "Error: EROFS: read-only file system, open 'should-not-write.txt'": [
      "parallel/test-dotenv-node-options",
    ],
    "ReferenceError: gc is not defined": ["parallel/test-process-finalization"],
    "ifError got unwanted exception: Command failed: ps -o pid,args": [
      "parallel/test-setproctitle",
    ],
    "output does not match /^Sat Apr 14 2018 14:34:56 GMT\\+0200 \\(.+\\)$/. Input: 'Sat A": [
      "parallel/test-process-env-tz",
    ],
    "stderr: <>": ["parallel/test-promise-reject-callback-exception"],
  },
  repl: {
    "does not end in time": ["parallel/test-repl-sigint", "parallel/test-repl-sigint-nested-eval"],
    "+ 'Uncaught Error {}\\n'": ["parallel/test-repl-pretty-custom-stack"],
    "TypeError: i is not iterable": ["parallel/test-repl-unsafe-array-iteration"],
    "output does not match /ReferenceError: x is not defined/. Input: '> 3\\n> '": [
      "parallel/test-repl-mode",
    ],
  },
  report: {
    "does not end in time": [
      "report/test-report-fatalerror-oomerror-compact",
      "report/test-report-fatalerror-oomerror-directory",
      "report/test-report-fatalerror-oomerror-filename",
      "report/test-report-fatalerror-oomerror-not-set",
      "report/test-report-fatalerror-oomerror-set",
    ],
    "another value than expected": ["report/test-report-worker"],
  },
  sqlite: {
    "the WebAssembly build of SQLite has no FTS3, FTS4, RBU and Geopoly; no memory is shared for WAL":
      ["parallel/test-sqlite"],
  },
  stream: {
    "another value than expected": ["parallel/test-stream-base-typechecking"],
  },
  test_runner: {
    "another value than expected": [
      "test-runner/test-output-async-test-scheduling",
      "test-runner/test-output-filtered-suite-delayed-build",
    ],
    "skips itself in a machine: inspector support required": [
      "test-runner/test-output-coverage-failure",
      "test-runner/test-output-coverage-short-filename",
      "test-runner/test-output-coverage-width-100",
      "test-runner/test-output-coverage-width-100-uncovered-lines",
      "test-runner/test-output-coverage-width-150",
      "test-runner/test-output-coverage-width-150-uncovered-lines",
      "test-runner/test-output-coverage-width-40",
      "test-runner/test-output-coverage-width-80",
      "test-runner/test-output-coverage-width-80-uncovered-lines",
      "test-runner/test-output-coverage-width-infinity",
      "test-runner/test-output-coverage-width-infinity-uncovered-lines",
      "test-runner/test-output-lcov-reporter",
      "test-runner/test-output-typescript-coverage",
    ],
    "Error: boo!": ["parallel/test-node-output-vm"],
    "not ok 1 - should only allow boolean in options.coverage": [
      "parallel/test-runner-run-coverage",
    ],
    "not ok 1 - v8/v8_warning.js": ["parallel/test-node-output-v8-warning"],
  },
  trace_events: {
    "trace events are not written to files": [
      "parallel/test-trace-env",
      "parallel/test-trace-env-stack",
      "parallel/test-trace-events-all",

      "parallel/test-trace-events-async-hooks",
      "parallel/test-trace-events-async-hooks-dynamic",
      "parallel/test-trace-events-async-hooks-worker",
      "parallel/test-trace-events-bootstrap",
      "parallel/test-trace-events-console",
      "parallel/test-trace-events-file-pattern",
      "parallel/test-trace-events-fs-async",
      "parallel/test-trace-events-fs-sync",
      "parallel/test-trace-events-http",
      "parallel/test-trace-events-metadata",
      "parallel/test-trace-events-net",
      "parallel/test-trace-events-net-abstract-socket",
      "parallel/test-trace-events-none",
      "parallel/test-trace-events-process-exit",
      "parallel/test-trace-events-promises",
      "parallel/test-trace-events-threadpool",
      "parallel/test-trace-events-v8",
      "parallel/test-trace-events-vm",
      "parallel/test-trace-events-worker-metadata",
      "parallel/test-trace-events-worker-metadata-with-name",
      "parallel/test-trace-exit",
      "parallel/test-trace-exit-stack-limit",
    ],
  },
  tty: {
    "output: a line too many: node:internal/bootstrap/realm:188": [
      "pseudo-tty/test-stop-trace-sigint",
      "pseudo-tty/test-trace-sigint-disabled",
    ],
    "output: a line too many: speed 38400 baud; line = 0;": [
      "pseudo-tty/test-set-raw-mode-reset-signal",
    ],
    "output: expected KEYBOARD_INTERRUPT: Script execution was interrupted by `SIGINT`, got node:internal/bootstrap":
      ["pseudo-tty/test-trace-sigint-on-idle"],
  },
  v8: {
    "heap snapshots and statistics of V8's heap": [
      "parallel/test-heapsnapshot-near-heap-limit-by-api-in-worker",
      "parallel/test-v8-getheapsnapshot-twice",
      "parallel/test-v8-query-objects",
      "sequential/test-heapdump",
      "sequential/test-heapdump-flag",
      "sequential/test-heapdump-flag-custom-dir",
    ],
    "SyntaxError: Unexpected token '%'": ["parallel/test-v8-flags"],
    "does not end in time": ["parallel/test-heapsnapshot-near-heap-limit-worker"],
  },
  vm: {
    "another value than expected": [
      "parallel/test-vm-global-property-prototype",
      "parallel/test-vm-global-setter",
      "parallel/test-vm-harmony-symbols",
      "parallel/test-vm-proxies",
    ],
    "does not end in time": ["parallel/test-vm-sigint", "parallel/test-vm-sigint-existing-handler"],
    "function should not have been called at a file": ["parallel/test-vm-script-after-evaluate"],
  },
  webcrypto: {
    "OperationError: The operation failed for an operation-specific reason": [
      "parallel/test-webcrypto-cryptokey-workers",
    ],
  },
  webstorage: {
    "there is no webstorage binding": ["parallel/test-webstorage"],
  },
  worker: {
    "another value than expected": [
      "parallel/test-worker-broadcastchannel-wpt",
      "parallel/test-worker-error-stack-getter-throws",
      "parallel/test-worker-hasref",
      "parallel/test-worker-init-failure",
      "parallel/test-worker-message-event",
      "parallel/test-worker-message-port",
      "parallel/test-worker-messageport-hasref",
      "parallel/test-worker-node-options",
      "parallel/test-worker-process-env-shared",
      "parallel/test-worker-resource-limits",
      "parallel/test-worker-unsupported-things",
    ],
    "does not end in time": [
      "parallel/test-worker-broadcastchannel",

      "parallel/test-worker-messaging-errors-timeout",
    ],
    "DOMException [DataCloneError]: Cannot clone object of unsupported type.": [
      "parallel/test-worker-message-mark-as-uncloneable",
      "parallel/test-worker-message-port-transfer-filehandle",
    ],
    "Missing expected exception.": [
      "parallel/test-worker-cleanup-handles",
      "parallel/test-worker-track-unmanaged-fds",
    ],
    "heap snapshots and statistics of V8's heap": [
      "parallel/test-worker-exit-heapsnapshot",
      "parallel/test-worker-heap-snapshot",
    ],
    "--prof did not produce a profile log for parent thread": ["sequential/test-worker-prof"],
    "0 <= 0": ["sequential/test-worker-eventlooputil"],
    "DataCloneError: #<Memory> could not be cloned.": [
      "parallel/test-worker-message-port-wasm-threads",
    ],
    "Error: another value than expected": ["parallel/test-worker-messaging"],
    'Expected "actual" to be reference-equal to "expected": + actual - expected': [
      "parallel/test-messageport-hasref",
    ],
    "Missing expected exception (Error).": ["parallel/test-worker-execargv-invalid"],
    "TypeError: Result of the Symbol.iterator method is not an object": [
      "parallel/test-worker-terminate-source-map",
    ],
    "TypeError: String.prototype.slice called on null or undefined": [
      "parallel/test-worker-message-port-move",
    ],
    "a condition does not hold": ["parallel/test-worker-cpu-usage"],
    "w1stack = 94885, w2stack = 94885 are too close": [
      "parallel/test-worker-stack-overflow-stack-size",
    ],
  },
  zlib: {
    "Error: Initialization failed: zstd is the host's to do, and it has none, or no room for another":
      ["parallel/test-zlib-zstd"],
  },
};
