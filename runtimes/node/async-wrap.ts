/**
 * The classes that Node's C++ objects derive from: AsyncWrap (an async id and a callback into
 * JavaScript), ReqWrap (one operation), HandleWrap (something that stays open). Bindings extend them.
 */
import { Field } from "./async-hooks.ts";
import type { AsyncResource, Environment } from "./environment.ts";
import type { LoopHandle } from "./loop/event-loop.ts";

/** Names of Node's async provider types; async_wrap.Providers numbers them in this order. */
export const PROVIDERS = [
  "NONE DIRHANDLE DNSCHANNEL ELDHISTOGRAM FILEHANDLE FILEHANDLECLOSEREQ BLOBREADER",
  "FSEVENTWRAP FSREQCALLBACK FSREQPROMISE GETADDRINFOREQWRAP GETNAMEINFOREQWRAP",
  "HEAPSNAPSHOT HTTP2SESSION HTTP2STREAM HTTP2PING HTTP2SETTINGS",
  "HTTPINCOMINGMESSAGE HTTPCLIENTREQUEST JSSTREAM JSUDPWRAP MESSAGEPORT",
  "PIPECONNECTWRAP PIPESERVERWRAP PIPEWRAP PROCESSWRAP PROMISE QUERYWRAP",
  "QUIC_ENDPOINT QUIC_LOGSTREAM QUIC_PACKET QUIC_SESSION QUIC_STREAM QUIC_UDP",
  "SHUTDOWNWRAP SIGNALWRAP STATWATCHER STREAMPIPE TCPCONNECTWRAP TCPSERVERWRAP",
  "TCPWRAP TTYWRAP UDPSENDWRAP UDPWRAP SIGINTWATCHDOG WORKER WORKERCPUPROFILE",
  "WORKERCPUUSAGE WORKERHEAPSNAPSHOT WORKERHEAPSTATISTICS WRITEWRAP ZLIB",
  "CHECKPRIMEREQUEST PBKDF2REQUEST KEYPAIRGENREQUEST KEYGENREQUEST KEYEXPORTREQUEST",
  "CIPHERREQUEST DERIVEBITSREQUEST HASHREQUEST RANDOMBYTESREQUEST",
  "RANDOMPRIMEREQUEST SCRYPTREQUEST SIGNREQUEST TLSWRAP VERIFYREQUEST",
]
  .join(" ")
  .split(" ");

export class AsyncWrap implements AsyncResource {
  readonly #env: Environment;
  #provider: string;
  #asyncId = -1;
  #triggerAsyncId = -1;
  #contextFrame: unknown;

  /** Without `begun` it has no ids before its first `asyncReset`: a request that is not dispatched yet. */
  constructor(env: Environment, provider: string, begun = true) {
    this.#env = env;
    this.#provider = provider;
    if (begun) this.asyncReset();
  }

  get asyncId(): number {
    return this.#asyncId;
  }

  get triggerAsyncId(): number {
    return this.#triggerAsyncId;
  }

  get contextFrame(): unknown {
    return this.#contextFrame;
  }

  /** Node's names for what JavaScript asks of a wrap. */
  getAsyncId(): number {
    return this.#asyncId;
  }

  get provider(): string {
    return this.#provider;
  }

  /** An object that is used again, for something else. */
  protected setProvider(provider: string): void {
    this.#provider = provider;
  }

  getProviderType(): number {
    return PROVIDERS.indexOf(this.#provider);
  }

  /** New ids: the object serves another operation, or its first. */
  asyncReset(resource: unknown = this): void {
    const { asyncHooks } = this.#env;
    if (this.#asyncId !== -1) this.emitDestroy();
    this.#asyncId = asyncHooks.newAsyncId();
    this.#triggerAsyncId = asyncHooks.defaultTriggerAsyncId;
    this.#contextFrame = this.#env.engine.continuationData?.get();
    const { emit, fields } = asyncHooks;
    if ((fields[Field.kInit] as number) > 0) {
      emit.init?.(
        this.#asyncId as never,
        this.#provider as never,
        this.#triggerAsyncId as never,
        resource as never,
      );
    }
  }

  emitDestroy(): void {
    const { emit, fields } = this.#env.asyncHooks;
    if ((fields[Field.kDestroy] as number) > 0) emit.destroy?.(this.#asyncId as never);
    this.#asyncId = -1;
  }

  /** Calls this object's method `name`, a string or one of Node's symbols, from the event loop. */
  makeCallback(name: string | symbol, args: readonly unknown[]): unknown {
    const callback = (this as Record<string | symbol, unknown>)[name];
    if (typeof callback !== "function") return undefined;
    return this.#env.makeCallback(this, callback as never, args);
  }
}

/** One operation that ends with a call of `oncomplete`. */
export class ReqWrap extends AsyncWrap {}

/** Something of the loop's that stays open until it is closed. */
export abstract class HandleWrap extends AsyncWrap {
  readonly #env: Environment;
  #state: "open" | "closing" | "closed" = "open";

  constructor(env: Environment, provider: string) {
    super(env, provider);
    this.#env = env;
    env.internalBinding<{ handles: Set<HandleWrap> }>("isopod_handles").handles.add(this);
  }

  /** What keeps the loop alive on this object's behalf. */
  protected abstract readonly handles: readonly LoopHandle[];

  /** Lets go of the kernel's side: descriptors, watchers. */
  protected abstract onClose(): void;

  ref(): void {
    if (this.#state === "open") for (const handle of this.handles) handle.ref();
  }

  unref(): void {
    if (this.#state === "open") for (const handle of this.handles) handle.unref();
  }

  hasRef(): boolean {
    return this.#state === "open" && this.handles.some(({ referenced }) => referenced);
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Closes, and calls `callback` in the closing phase. */
  close(callback?: () => void): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.onClose();
    const { symbols, loop } = this.#env;
    if (typeof callback === "function") {
      (this as Record<symbol, unknown>)[symbols.handle_onclose] = callback;
    }
    loop.close(() => {
      this.#state = "closed";
      this.#env
        .internalBinding<{ handles: Set<HandleWrap> }>("isopod_handles")
        .handles.delete(this);
      this.makeCallback(symbols.handle_onclose, []);
      this.emitDestroy();
    });
  }
}
