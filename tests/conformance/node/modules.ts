/** The group that a test counts in: a module of Node's, or an area where no module fits. */

/** By folder; the others go by name. */
const FOLDERS: Readonly<Record<string, string>> = {
  "es-module": "es-module",
  "module-hooks": "module",
  "pseudo-tty": "tty",
  message: "errors",
  "async-hooks": "async_hooks",
  "test-runner": "test_runner",
  "client-proxy": "http",
  report: "report",
  wasi: "wasi",
};

/** By what follows `test-` in the name; the first that matches counts. */
const NAMES: readonly (readonly [module: string, pattern: RegExp])[] = [
  ["permission", /^(cli-)?permission/],
  ["inspector", /^(inspect|debugger)/],
  ["cluster", /cluster/],
  ["snapshot", /^(snapshot|single-executable)/],
  ["http2", /http2/],
  ["path", /^path/],
  ["url", /^(url|whatwg-url|canonicalize)/],
  ["querystring", /^querystring/],
  ["string_decoder", /^string-decoder/],
  [
    "webstreams",
    /^(whatwg-(readable|writable|transform|webstreams|queuing)|webstream|global-webstreams|compression)/,
  ],
  ["encoding", /^(whatwg-encoding|encoding|utf8|unicode|btoa|atob|icu|intl|tz-)/],
  ["events", /^(event|abort|whatwg-events|global-customevent|customevent|nodeeventtarget)/],
  ["util", /^(util|mime|structuredClone|inspect-)/],
  ["os", /^os/],
  [
    "buffer",
    /^(buffer|blob|file|readfloat|readuint|readint|readdouble|writefloat|writeuint|writeint|writedouble|arrayBuffer|slow-buffer|stringbytes)(?!handle)/i,
  ],
  ["stream", /^(stream|readable|duplex|transform|writable|pipe-(to|file)|js-stream)/],
  ["timers", /^(timer|set(-|timeout|immediate|interval)|immediate|clear|next-tick-when|unref)/],
  ["assert", /^assert/],
  ["fs", /^(fs|filehandle|file-(read|write)|dirent|opendir)/],
  ["zlib", /^zlib/],
  ["child_process", /^(child-process|spawn|exec|fork|stdio-pipe|stdout-to-file)/],
  ["net", /^(net|tcp|pipe|socket|blocklist|block-list|server|listen|handle)/],
  ["dgram", /^dgram/],
  ["dns", /^(dns|c-ares|cares)/],
  ["https", /^https/],
  ["http", /^(http|outgoing|fetch|websocket|eventsource|set-http)/],
  ["tls", /^tls/],
  ["webcrypto", /^(webcrypto|global-webcrypto)/],
  ["crypto", /^(crypto|x509)/],
  ["worker", /^(worker|message|broadcast|web-locks)/],
  ["vm", /^vm/],
  [
    "module",
    /^(module|require|esm|import|preload|wasm-web-api|find-package|loaders|cwd-enoent|compile-cache|typescript|disable-require|symlink|dynamic)/,
  ],
  ["readline", /^readline/],
  ["tty", /^tty/],
  ["repl", /^repl/],
  ["async_hooks", /^(async|emit-after|queue-microtask|microtask|als)/],
  ["domain", /^(domain|no-domain)/],
  ["console", /^console/],
  ["test_runner", /^(runner|test|node-output|output)/],
  ["perf_hooks", /^(perf|eventloop)/],
  ["diagnostics_channel", /^diagnostics/],
  ["v8", /^(v8|heap)/],
  ["trace_events", /^(trace|tracing)/],
  [
    "process",
    /^(process|next-tick|promise|unhandled|signal|stdin|stdout|stdio|exception|uncaught|warn|emit|env|exit|title|beforeexit|umask|memory-usage|resource|report|ref|kill|setproctitle|dotenv)/,
  ],
  [
    "cli",
    /^(cli|eval|force-repl|options|node-run|nodeoptions|experimental|pending-deprecation|security|startup|bash|openssl)/,
  ],
  ["errors", /^(error|errors|internal-error|throw|stack|common|source-map|force)/],
  ["sqlite", /^sqlite/],
  ["webstorage", /^webstorage/],
  ["whatwg", /^(whatwg|global|eventtarget|dom|performance)/],
];

export function moduleOf(folder: string, name: string): string {
  const fixed = FOLDERS[folder];
  if (fixed) return fixed;
  const rest = name.replace(/^test-/, "");
  return NAMES.find(([, pattern]) => pattern.test(rest))?.[0] ?? "other";
}
