// @ts-nocheck: stand-ins that only the first boot needs; each goes when its binding is there.
/** Bindings that are not built yet, in the least shape that lets lib/ load. */
/* biome-ignore-all lint: goes away */
import type { BindingFactory } from "../environment.ts";
import { guessHandleType } from "./handle-type.ts";

function loose(obj, name) {
  return new Proxy(obj, {
    get(t, k) {
      if (k in t) return t[k];
      if (typeof k === "symbol") return undefined;
      if (/^k[A-Z]|^[A-Z_0-9]+$/.test(k)) return (t[k] = Math.floor(Math.random() * 1e6));
      if (/^[A-Z]/.test(k))
        return (t[k] = class {
          constructor() {}
        });
      return (t[k] = function () {
        return undefined;
      });
    },
    has() {
      return true;
    },
  });
}
const toStr = Object.prototype.toString;
const tag = (t) => (v) => v !== null && typeof v === "object" && toStr.call(v) === `[object ${t}]`;
const types = {
  isExternal: () => false,
  isDate: tag("Date"),
  isArgumentsObject: tag("Arguments"),
  isBigIntObject: tag("BigInt"),
  isBooleanObject: tag("Boolean"),
  isNumberObject: tag("Number"),
  isStringObject: tag("String"),
  isSymbolObject: tag("Symbol"),
  isBoxedPrimitive: (v) =>
    ["Number", "String", "Boolean", "BigInt", "Symbol"].some((t) => tag(t)(v)),
  isNativeError: (v) => v instanceof Error,
  isRegExp: tag("RegExp"),
  isAsyncFunction: (v) => toStr.call(v) === "[object AsyncFunction]",
  isGeneratorFunction: (v) => toStr.call(v) === "[object GeneratorFunction]",
  isGeneratorObject: tag("Generator"),
  isPromise: tag("Promise"),
  isMap: tag("Map"),
  isSet: tag("Set"),
  isMapIterator: tag("Map Iterator"),
  isSetIterator: tag("Set Iterator"),
  isWeakMap: tag("WeakMap"),
  isWeakSet: tag("WeakSet"),
  isArrayBuffer: tag("ArrayBuffer"),
  isDataView: tag("DataView"),
  isSharedArrayBuffer: tag("SharedArrayBuffer"),
  isProxy: () => false,
  isModuleNamespaceObject: tag("Module"),
  isAnyArrayBuffer: (v) => tag("ArrayBuffer")(v) || tag("SharedArrayBuffer")(v),
  isCryptoKey: () => false,
  isKeyObject: () => false,
  isEventTarget: () => false,
};
function utf8(s) {
  const o = [];
  for (const ch of s) {
    let c = ch.codePointAt(0);
    if (c < 128) o.push(c);
    else if (c < 2048) o.push(192 | (c >> 6), 128 | (c & 63));
    else if (c < 65536) o.push(224 | (c >> 12), 128 | ((c >> 6) & 63), 128 | (c & 63));
    else o.push(240 | (c >> 18), 128 | ((c >> 12) & 63), 128 | ((c >> 6) & 63), 128 | (c & 63));
  }
  return new Uint8Array(o);
}

const proto = {};
function make(env) {
  return {
    types,
    module_wrap: {
      kUninstantiated: 0,
      kInstantiating: 1,
      kInstantiated: 2,
      kEvaluating: 3,
      kEvaluated: 4,
      kErrored: 5,
      kSourcePhase: 1,
      kEvaluationPhase: 2,
      ModuleWrap: class ModuleWrap {},
      setImportModuleDynamicallyCallback() {},
      setInitializeImportMetaObjectCallback() {},
      createRequiredModuleFacade() {},
      throwIfPromiseRejected() {},
    },
    util: {
      constants: {
        kPending: 0,
        kFulfilled: 1,
        kRejected: 2,
        kExiting: 0,
        kExitCode: 1,
        kHasExitCode: 2,
        ALL_PROPERTIES: 0,
        ONLY_ENUMERABLE: 2,
        kDisallowCloneAndTransfer: 0,
        kTransferable: 1,
        kCloneable: 2,
      },
      privateSymbols: env.privateSymbols,
      shouldAbortOnUncaughtToggle: new Uint32Array(1),
      getPromiseDetails: () => [0, undefined],
      getProxyDetails: () => undefined,
      getCallerLocation() {},
      previewEntries: (o, isIter) => (isIter ? [[], false] : []),
      getOwnNonIndexProperties: (o, f) =>
        Object.getOwnPropertyNames(o).filter((k) => !/^\d+$/.test(k) && k !== "length"),
      getConstructorName: (o) => {
        while (o) {
          const d = Object.getOwnPropertyDescriptor(o, "constructor");
          if (d && typeof d.value === "function" && d.value.name) return d.value.name;
          o = Object.getPrototypeOf(o);
        }
        return "";
      },
      getExternalValue: () => 0n,
      sleep() {},
      isInsideNodeModules: () => false,
      defineLazyProperties(target, id, keys, enumerable = true) {
        for (const k of keys) {
          let v,
            have = false;
          Object.defineProperty(target, k, {
            __proto__: null,
            enumerable,
            configurable: true,
            get() {
              if (!have) {
                v = env.requireBuiltin(id)[k];
                have = true;
              }
              return v;
            },
            set(x) {
              Object.defineProperty(target, k, {
                __proto__: null,
                value: x,
                writable: true,
                enumerable: true,
                configurable: true,
              });
            },
          });
        }
      },
      guessHandleType: (fd) => guessHandleType(env, fd),
      toUSVString: (s) => (s.toWellFormed ? s.toWellFormed() : s),
      getCallSites: () => [],
      isConstructor: (f) => {
        try {
          Reflect.construct(Object, [], f);
          return true;
        } catch {
          return false;
        }
      },
      WeakReference: class {
        constructor(o) {
          this.o = o;
        }
        get() {
          return this.o;
        }
        incRef() {}
        decRef() {}
      },
      parseEnv: () => ({}),
      arrayBufferViewHasBuffer: () => true,
      getSystemErrorName: (n) => "E" + n,
      getSystemErrorMessage: (n) => "",
      getCallSite: () => [],
    },
    string_decoder: {
      encodings: ["ascii", "latin1", "utf16le", "utf8", "base64", "base64url", "hex", "buffer"],
      kIncompleteCharactersStart: 0,
      kIncompleteCharactersEnd: 4,
      kMissingBytes: 4,
      kBufferedBytes: 5,
      kEncodingField: 6,
      kNumFields: 7,
      kSize: 24,
      decode() {
        return "";
      },
      flush() {
        return "";
      },
    },
    buffer: loose(
      {
        setBufferPrototype(p) {
          Object.assign(proto, { p });
        },
        kMaxLength: 2 ** 53 - 1,
        kStringMaxLength: 2 ** 29 - 24,
        byteLengthUtf8: (s) => utf8(s).length,
        createUnsafeArrayBuffer: (n) => new ArrayBuffer(n),
        getZeroFillToggle: () => undefined,
        utf8Slice(s = 0, e = this.length) {
          let r = "";
          const u = this.subarray(s, e);
          for (let i = 0; i < u.length; ) {
            const c = u[i++];
            if (c < 128) r += String.fromCharCode(c);
            else if (c < 224) r += String.fromCharCode(((c & 31) << 6) | (u[i++] & 63));
            else if (c < 240)
              r += String.fromCharCode(((c & 15) << 12) | ((u[i++] & 63) << 6) | (u[i++] & 63));
            else
              r += String.fromCodePoint(
                ((c & 7) << 18) | ((u[i++] & 63) << 12) | ((u[i++] & 63) << 6) | (u[i++] & 63),
              );
          }
          return r;
        },
        utf8WriteStatic(buf, s, o = 0, n = buf.length - o) {
          const u = utf8(s);
          const m = Math.min(u.length, n);
          buf.set(u.subarray(0, m), o);
          return m;
        },
        hexSlice(s = 0, e = this.length) {
          let r = "";
          for (let i = s; i < e; i++) r += this[i].toString(16).padStart(2, "0");
          return r;
        },
        atob: () => "",
        btoa: () => "",
      },
      "buffer",
    ),
    credentials: {
      safeGetenv() {},
      implementsPosixCredentials: true,
      getTempDir: () => "/tmp",
      getuid: () => 0,
      geteuid: () => 0,
      getgid: () => 0,
      getegid: () => 0,
      getgroups: () => [],
      initgroups() {},
      setegid() {},
      seteuid() {},
      setgid() {},
      setgroups() {},
      setuid() {},
    },
    performance: {
      observerCounts: new Uint32Array(8),
      milestones: new Float64Array(16),
      constants: {
        NODE_PERFORMANCE_ENTRY_TYPE_GC: 0,
        NODE_PERFORMANCE_ENTRY_TYPE_HTTP: 1,
        NODE_PERFORMANCE_ENTRY_TYPE_HTTP2: 2,
        NODE_PERFORMANCE_ENTRY_TYPE_NET: 3,
        NODE_PERFORMANCE_ENTRY_TYPE_DNS: 4,
        NODE_PERFORMANCE_MILESTONE_TIME_ORIGIN_TIMESTAMP: 0,
        NODE_PERFORMANCE_MILESTONE_TIME_ORIGIN: 1,
        NODE_PERFORMANCE_MILESTONE_ENVIRONMENT: 2,
        NODE_PERFORMANCE_MILESTONE_NODE_START: 3,
        NODE_PERFORMANCE_MILESTONE_V8_START: 4,
        NODE_PERFORMANCE_MILESTONE_LOOP_START: 5,
        NODE_PERFORMANCE_MILESTONE_LOOP_EXIT: 6,
        NODE_PERFORMANCE_MILESTONE_BOOTSTRAP_COMPLETE: 7,
      },
      now: () => 0,
      setupObservers() {},
      installGarbageCollectionTracking() {},
      removeGarbageCollectionTracking() {},
      notify() {},
      loopIdleTime: () => 0,
      markBootstrapComplete() {},
      getTimeOrigin: () => 0,
      getTimeOriginTimestamp: () => 0,
      createELDHistogram() {},
      refreshTimeOrigin() {},
    },
    encoding_binding: loose(
      {
        encodeIntoResults: new Uint32Array(2),
        encodeUtf8String: utf8,
        toASCII: (s) => s,
        toUnicode: (s) => s,
      },
      "enc",
    ),
    worker: loose(
      {
        isMainThread: true,
        isInternalThread: false,
        ownsProcessState: true,
        threadId: 0,
        resourceLimits: new Float64Array(4),
        getEnvMessagePort() {},
        threadName: "main",
        kMaxYoungGenerationSizeMb: 0,
        kMaxOldGenerationSizeMb: 1,
        kCodeRangeSizeMb: 2,
        kStackSizeMb: 3,
        kTotalResourceLimitCount: 4,
      },
      "worker",
    ),
    messaging: loose(
      {
        MessageChannel: class MessageChannel {},
        MessagePort: class MessagePort {},
        JSTransferable: class JSTransferable {},
        setDeserializerCreateObjectFunction() {},
        exposeLazyDOMExceptionProperty() {},
        structuredClone: (v) => v,
        broadcastChannel() {},
        checkMessagePort() {},
      },
      "messaging",
    ),
    fs: loose(
      {
        statValues: new Float64Array(36),
        bigintStatValues: new BigInt64Array(36),
        FSReqCallback: class FSReqCallback {},
        FileHandle: class FileHandle {},
        kFsStatsFieldsNumber: 18,
        kUsePromises: Symbol("fs_use_promises_symbol"),
        internalModuleStat: () => -2,
        writeString(fd, s) {
          log(s);
        },
        writeBuffer() {},
        statFsValues: new Float64Array(7),
      },
      "fs",
    ),
    blob: loose({}, "blob"),
    inspector: loose({ console: {}, isEnabled: () => false }, "inspector"),
    wasm_web_api: loose({}, "wasm"),
    heap_utils: loose({}, "h"),
    v8: loose({}, "v8"),
    contextify: loose(
      {
        constants: { measureMemory: { mode: {}, execution: {} } },
        ContextifyScript: class ContextifyScript {
          constructor(code, filename, _line, _column, _data, _produce, _context, id) {
            this.code = code;
            this.filename = filename;
            this[env.privateSymbols.host_defined_option_symbol] = id ?? Symbol(filename);
          }
          runInContext() {
            return env.engine.runScript(this.code, this.filename);
          }
        },
        containsModuleSyntax: () => false,
        compileFunctionForCJSLoader: (source, filename) => ({
          canParseAsESM: false,
          sourceMapURL: undefined,
          function: env.engine.compileFunction(source, filename, [
            "exports",
            "require",
            "module",
            "__filename",
            "__dirname",
          ]),
        }),
      },
      "ctx",
    ),
    modules: loose(
      {
        readPackageJSON() {},
        getNearestParentPackageJSON() {},
        getNearestParentPackageJSONType: () => "none",
        getPackageScopeConfig: () => "/package.json",
        enableCompileCache: () => [0],
        getCompileCacheDir() {},
        flushCompileCache() {},
        getCompileCacheEntry() {},
        saveCompileCacheEntry() {},
        cachedCodeTypes: {},
        compileCacheStatus: [],
      },
      "modules",
    ),
    cares_wrap: loose({}, "cares"),
    tcp_wrap: loose(
      {
        constants: { SOCKET: 0, SERVER: 1, UV_TCP_IPV6ONLY: 1 },
        TCP: class TCP {},
        TCPConnectWrap: class {},
      },
      "tcp",
    ),
    pipe_wrap: loose(
      {
        constants: { SOCKET: 0, SERVER: 1, IPC: 2, UV_READABLE: 1, UV_WRITABLE: 2 },
        Pipe: class Pipe {},
      },
      "pipe",
    ),
    stream_wrap: loose(
      {
        streamBaseState: new Int32Array(5),
        kReadBytesOrError: 0,
        kArrayBufferOffset: 1,
        kBytesWritten: 2,
        kLastWriteWasAsync: 3,
        LibuvStreamWrap: class LibuvStreamWrap {},
        WriteWrap: class WriteWrap {},
        ShutdownWrap: class ShutdownWrap {},
      },
      "stream",
    ),
    uv_: {},
    os: loose(
      {
        getOSInformation: () => ["Linux", "5", "#1", "x86_64"],
        getHostname: () => "isopod",
        getHomeDirectory: () => "/root",
        isBigEndian: false,
      },
      "os",
    ),
    serdes: loose({}, "serdes"),
    tty_wrap: loose({ isTTY: () => false, TTY: class TTY {} }, "tty"),
    signal_wrap: loose({ Signal: class Signal {} }, "sig"),
    process_wrap: loose({ Process: class Process {} }, "pw"),
    spawn_sync: loose({}, "ss"),
    symbols_: {},
    http_parser: loose(
      {
        methods: ["GET"],
        allMethods: ["GET"],
        HTTPParser: class HTTPParser {},
        ConnectionsList: class {},
      },
      "hp",
    ),
    js_stream: loose({}, "js"),
    block_list: loose({}, "bl"),
    icu: loose({}, "icu"),
    wasi: loose({}, "wasi"),
    zlib: loose({}, "zlib"),
    fs_dir: loose({}, "fsd"),
    fs_event_wrap: loose({ FSEvent: class FSEvent {} }, "fse"),
    udp_wrap: loose({ constants: {}, UDP: class {}, SendWrap: class {} }, "udp"),
    sea: loose({ isSea: () => false, isExperimentalSeaWarningNeeded: () => false }, "sea"),
    internal_only_v8: loose({}, "iv8"),
    profiler: loose({}, "prof"),
    crypto: loose(
      {
        createNativeKeyObjectClass: (make) =>
          make(
            class NativeKeyObject {
              constructor(handle) {
                this.handle = handle;
              }
            },
          ),
        getFipsCrypto: () => 0,
      },
      "crypto",
    ),
    stream_pipe: loose({}, "sp"),
  };
}
let made;
const NAMES = [];
for (const name of Object.keys(make({ privateSymbols: {}, requireBuiltin() {} }))) NAMES.push(name);
export const PENDING: Record<string, BindingFactory> = Object.fromEntries(
  NAMES.map((name) => [name, (env) => (made ??= make(env))[name]]),
);
