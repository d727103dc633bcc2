/** The table of bindings: what `internalBinding(name)` answers. One file for each name. */
import type { BindingFactory } from "../environment.ts";
import { asyncContextFrame } from "./async_context_frame.ts";
import { asyncWrap } from "./async_wrap.ts";
import { blob } from "./blob.ts";
import { blockList } from "./block_list.ts";
import { buffer } from "./buffer.ts";
import { builtins } from "./builtins.ts";
import { caresWrap } from "./cares_wrap.ts";
import { config } from "./config.ts";
import { constantsBinding } from "./constants.ts";
import { contextify } from "./contextify.ts";
import { credentials } from "./credentials.ts";
import { crypto } from "./crypto.ts";
import { encodingBinding } from "./encoding_binding.ts";
import { errors } from "./errors.ts";
import { fs } from "./fs/index.ts";
import { fsDir } from "./fs_dir.ts";
import { fsEventWrap } from "./fs_event_wrap.ts";
import { heapUtils, internalOnlyV8 } from "./heap_utils.ts";
import { httpParser } from "./http_parser.ts";
import { http2 } from "./http2.ts";
import { icu } from "./icu.ts";
import { jsStream } from "./js_stream.ts";
import { messaging } from "./messaging.ts";
import { mksnapshot } from "./mksnapshot.ts";
import { moduleWrap } from "./module_wrap.ts";
import { modules } from "./modules.ts";
import { options } from "./options.ts";
import { os } from "./os.ts";
import { performance } from "./performance.ts";
import { permission } from "./permission.ts";
import { pipeWrap } from "./pipe_wrap.ts";
import { processMethods } from "./process_methods.ts";
import { processWrap } from "./process_wrap.ts";
import { inspector, profiler, sea, streamPipe, wasmWebApi, watchdog } from "./refused.ts";
import { report } from "./report.ts";
import { serdes } from "./serdes.ts";
import { signalWrap } from "./signal_wrap.ts";
import { spawnSync } from "./spawn_sync.ts";
import { sqlite } from "./sqlite.ts";
import { streamWrap } from "./stream_wrap.ts";
import { stringDecoder } from "./string_decoder.ts";
import { symbols } from "./symbols.ts";
import { taskQueue } from "./task_queue.ts";
import { tcpWrap } from "./tcp_wrap.ts";
import { timers } from "./timers.ts";
import { tlsWrap } from "./tls_wrap.ts";
import { traceEvents } from "./trace_events.ts";
import { ttyWrap } from "./tty_wrap.ts";
import { types } from "./types.ts";
import { udpWrap } from "./udp_wrap.ts";
import { url } from "./url.ts";
import { util } from "./util.ts";
import { uv } from "./uv.ts";
import { v8 } from "./v8.ts";
import { wasi } from "./wasi.ts";
import { worker } from "./worker.ts";
import { zlib } from "./zlib.ts";

export const BINDINGS: Readonly<Record<string, BindingFactory>> = {
  async_context_frame: asyncContextFrame,
  async_wrap: asyncWrap,
  blob,
  buffer,
  block_list: blockList,
  builtins,
  cares_wrap: caresWrap,
  config,
  constants: constantsBinding,
  contextify,
  credentials,
  crypto,
  encoding_binding: encodingBinding,
  errors,
  fs,
  fs_dir: fsDir,
  fs_event_wrap: fsEventWrap,
  heap_utils: heapUtils,
  icu,
  internal_only_v8: internalOnlyV8,
  http_parser: httpParser,
  http2,
  inspector,
  isopod_handles: () => ({ handles: new Set(), requests: new Set() }),
  js_stream: jsStream,
  messaging,
  mksnapshot,
  module_wrap: moduleWrap,
  modules,
  options,
  os,
  performance,
  permission,
  pipe_wrap: pipeWrap,
  profiler,
  process_methods: processMethods,
  process_wrap: processWrap,
  signal_wrap: signalWrap,
  spawn_sync: spawnSync,
  sqlite,
  report,
  sea,
  serdes,
  stream_pipe: streamPipe,
  stream_wrap: streamWrap,
  string_decoder: stringDecoder,
  symbols,
  task_queue: taskQueue,
  tcp_wrap: tcpWrap,
  timers,
  tls_wrap: tlsWrap,
  trace_events: traceEvents,
  tty_wrap: ttyWrap,
  url,
  udp_wrap: udpWrap,
  types,
  util,
  uv,
  v8,
  wasi,
  watchdog,
  wasm_web_api: wasmWebApi,
  worker,
  zlib,
};
