/**
 * One end of a TLS connection: a TLSWrap of Node's kind over a stream of ours, which keeps what it is given
 * to send until the guest fetches it. Everything happens at once, in the guest's call. TLSWrap trusts
 * its library with states and arguments; here they are checked, for a guest could end the process.
 */
import { joined } from "../../../kernel/abi.ts";
import type { HostTlsObject } from "../../../kernel/index.ts";
import { type Answer, type Event, EventName, pack } from "../../../runtimes/node/tls/messages.ts";
import { certificateOf, chainOf, failureOf } from "./answers.ts";
import {
  bytes,
  type Check,
  checked,
  flag,
  integer,
  invalid,
  optional,
  questionOf,
  text,
} from "./arguments.ts";
import { Context } from "./context.ts";
import type { JSStream, NativeContext, StreamRequest, TlsNatives, TlsWrap } from "./natives.ts";

/** Callbacks of TLSWrap that only tell. */
const CALLBACKS = ["onhandshakestart", "onkeylog", "onocspresponse"] as const;
const EXPORT_MAX = 262_144;
const FRAGMENT_MAX = 16_384;

interface Operation {
  readonly checks: readonly Check[];
  /** Only one of the two ends has it. */
  readonly end?: "client" | "server";
  /** "new": before the first byte; "secure": after the first handshake. */
  readonly when?: "new" | "secure";
}

/** What may go on with a handshake. */
const MOVES = new Set(["receive", "certCbDone", "clientHelloDone", "newSessionDone", "poll"]);

const nothing: Operation = { checks: [] };
const secure: Operation = { checks: [], when: "secure" };

/** What is asked of Node's object as it stands. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  getServername: nothing,
  isSessionReused: nothing,
  getALPNNegotiatedProtocol: nothing,
  getCipher: nothing,
  getFinished: nothing,
  getPeerFinished: nothing,
  getProtocol: nothing,
  getSession: nothing,
  getSharedSigalgs: nothing,
  getTLSTicket: nothing,
  getCertificate: nothing,
  getX509Certificate: nothing,
  getPeerCertificate: { checks: [optional(flag)] },
  getPeerX509Certificate: nothing,
  verifyError: secure,
  exportKeyingMaterial: { checks: [exported, text, optional(bytes)], when: "secure" },
  setMaxSendFragment: { checks: [fragment] },
  setVerifyMode: { checks: [flag, flag] },
  setServername: { checks: [text], end: "client", when: "new" },
  setSession: { checks: [bytes], end: "client", when: "new" },
  requestOCSP: { checks: [], end: "client", when: "new" },
  setALPNProtocols: { checks: [protocols] },
  enableKeylogCallback: nothing,
  enableALPNCb: { checks: [], end: "server", when: "new" },
  enablePskCallback: { checks: [], when: "new" },
  setPskIdentityHint: { checks: [text], end: "server", when: "new" },
  setOCSPResponse: { checks: [bytes], end: "server" },
  loadSession: { checks: [optional(bytes)], end: "server" },
  newSessionDone: { checks: [], end: "server" },
  renegotiate: secure,
};

export class Connection implements HostTlsObject {
  readonly #natives: TlsNatives;
  readonly #isServer: boolean;
  readonly #stream: JSStream;
  readonly #contexts: Context[] = [];
  #wrap: TlsWrap | undefined;
  #events: Event[] = [];
  /** Sends and shutdowns that Node waits for. */
  #toEnd: (() => void)[] = [];
  #write: { readonly request: StreamRequest; readonly size: number } | undefined;
  #state: "new" | "started" | "secure" = "new";
  /** The guest is to be asked for certificates or sessions. */
  #asksLater = false;
  #sawEnd = false;
  /** It failed, or the other end said that nothing will come. */
  #isOver = false;
  #isShut = false;
  /** Node waits to be told that these are done. */
  #certificateWaits = false;
  #helloWaits = false;
  /** What the guest answers when it is asked, because Node cannot wait for it then. */
  #protocolAt: number | undefined;
  readonly #keys = new Map<string, { readonly psk: Uint8Array; readonly identity: string }>();
  /** Bytes of what Node keeps of questions, by operation. */
  readonly #kept = new Map<string, number>();
  /** Ciphertext that came while the handshake waits for the guest. */
  #waiting = 0;

  constructor(context: Context, isServer: boolean) {
    const { natives } = context;
    this.#natives = natives;
    this.#isServer = isServer;
    this.#stream = this.#makeStream();
    this.#wrap = natives.wrap(this.#stream, this.#use(context), isServer, false);
    this.#listen(this.#wrap);
  }

  get holds(): number {
    let kept = this.#waiting + (this.#write?.size ?? 0);
    for (const bytes of this.#kept.values()) kept += bytes;
    return kept;
  }

  call(message: Uint8Array, others: readonly HostTlsObject[]): Uint8Array | Promise<Uint8Array> {
    const { operation, values } = questionOf(message);
    let answer: Answer;
    try {
      answer = { value: this.#perform(operation, values, others) };
      if (KEEPS.has(operation)) this.#kept.set(operation, message.length);
    } catch (reason) {
      answer = { error: failureOf(reason) };
    }
    this.#settle();
    const { nextTurn } = this.#natives;
    if (!nextTurn || !this.#asksLater || !MOVES.has(operation) || this.#state !== "started") {
      return this.#answer(answer);
    }
    return nextTurn().then(() => {
      this.#settle();
      return this.#answer(answer);
    });
  }

  close(): void {
    const wrap = this.#wrap;
    this.#wrap = undefined;
    wrap?.destroySSL();
    for (const context of this.#contexts.splice(0)) context.giveBack();
    this.#toEnd = [];
    this.#keys.clear();
  }

  #perform(
    operation: string,
    values: readonly unknown[],
    others: readonly HostTlsObject[],
  ): unknown {
    const wrap = this.#wrap ?? invalid();
    const own = Object.hasOwn(this.#own, operation) ? this.#own[operation] : undefined;
    if (own) return own(wrap, values, others);
    const found = Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : undefined;
    const { checks, end, when } = found ?? invalid();
    if (end && (end === "server") !== this.#isServer) invalid();
    if (when === "new" && this.#state !== "new") invalid();
    if (when === "secure" && this.#state !== "secure") invalid();
    return outcome(operation, method(wrap, operation)(...checked(values, checks)));
  }

  /** Operations that are more than one of Node's. */
  readonly #own: Readonly<
    Record<
      string,
      (wrap: TlsWrap, values: readonly unknown[], others: readonly HostTlsObject[]) => unknown
    >
  > = {
    start: (wrap) => {
      if (this.#isServer || this.#state !== "new") invalid();
      this.#state = "started";
      return method(wrap, "start")();
    },
    receive: (_wrap, values) => {
      const [data] = checked(values, [bytes]);
      if (this.#state === "new") this.#state = "started";
      // Node would keep what nobody reads any more.
      if (this.#sawEnd || this.#isOver) return;
      if (this.#certificateWaits || this.#helloWaits) this.#waiting += (data as Uint8Array).length;
      this.#stream.readBuffer(data as Uint8Array);
    },
    receiveEnd: () => {
      if (this.#sawEnd) return;
      this.#sawEnd = true;
      this.#stream.emitEOF();
    },
    write: (wrap, values) => this.#startWrite(wrap, checked(values, [bytes])[0] as Uint8Array),
    shutdown: (wrap) => {
      if (this.#isShut) return 0;
      this.#isShut = true;
      const request = new this.#natives.ShutdownWrap();
      request.oncomplete = () => {};
      return wrap.shutdown(request);
    },
    enableCertCb: (wrap, values) => {
      checked(values, []);
      if (!this.#isServer || this.#state !== "new") invalid();
      this.#asksLater = true;
      method(wrap, "enableCertCb")();
    },
    enableSessionCallbacks: (wrap, values) => {
      checked(values, []);
      this.#asksLater = this.#isServer;
      // A server's begin with the first hello.
      if (!this.#isServer || this.#state === "new") method(wrap, "enableSessionCallbacks")();
    },
    getEphemeralKeyInfo: (wrap, values) => {
      checked(values, []);
      if (this.#isServer) return null;
      return this.#state === "secure" ? method(wrap, "getEphemeralKeyInfo")() : {};
    },
    /** Nothing but what has happened since. */
    poll: () => {},
    certCbDone: (wrap, values, [context]) => {
      if (!this.#certificateWaits) invalid();
      this.#certificateWaits = false;
      this.#waiting = 0;
      checked(values, []);
      if (context) wrap["sni_context"] = this.#use(context);
      return method(wrap, "certCbDone")();
    },
    setKeyCert: (wrap, values, [context]) => {
      checked(values, []);
      return method(wrap, "setKeyCert")(this.#use(context));
    },
    clientHelloDone: (wrap) => {
      if (!this.#helloWaits) return;
      this.#helloWaits = false;
      this.#waiting = 0;
      // Its name before Node 26.
      return method(wrap, wrap["clientHelloDone"] ? "clientHelloDone" : "endParser")();
    },
    chooseProtocol: (_wrap, values) => {
      this.#protocolAt = checked(values, [optional(integer)])[0] as number | undefined;
    },
    giveKey: (_wrap, values) => {
      const [asked, psk, identity] = checked(values, [text, bytes, text]);
      // OpenSSL takes no longer ones.
      if ((psk as Uint8Array).length > KEY_MAX || (identity as string).length > KEY_MAX) return;
      if ((asked as string).length > KEY_MAX) return;
      if (this.#keys.size >= KEYS_MAX) this.#keys.clear();
      // A copy, for these bytes are a view of the whole message.
      const key = { psk: (psk as Uint8Array).slice(), identity: identity as string };
      this.#keys.set(asked as string, key);
    },
  };

  /** A context stays as long as the connection that it was given to. */
  #use(context: HostTlsObject | undefined): NativeContext {
    if (!(context instanceof Context)) return invalid();
    if (this.#contexts.length >= CONTEXTS_MAX) invalid();
    const native = context.use();
    this.#contexts.push(context);
    return native;
  }

  #startWrite(wrap: TlsWrap, data: Uint8Array): number {
    // Node takes one at a time.
    if (this.#write) invalid();
    const request = new this.#natives.WriteWrap();
    this.#write = { request, size: data.length };
    request.oncomplete = (status) => {
      this.#write = undefined;
      this.#events.push([EventName.Written, status, request.error]);
    };
    const status = wrap.writeBuffer(request, data);
    if (status !== 0) this.#write = undefined;
    return status;
  }

  #makeStream(): JSStream {
    const stream = new this.#natives.JSStream();
    stream.onreadstart = () => 0;
    stream.onreadstop = () => 0;
    stream.isclosing = () => false;
    stream.onwrite = (request, chunks) => {
      const [first] = chunks;
      this.#events.push([EventName.Send, chunks.length === 1 && first ? first : joined(chunks)]);
      this.#toEnd.push(() => stream.finishWrite(request, 0));
      return 0;
    };
    stream.onshutdown = (request) => {
      this.#toEnd.push(() => stream.finishShutdown(request, 0));
      return 0;
    };
    return stream;
  }

  #listen(wrap: TlsWrap): void {
    for (const name of CALLBACKS) wrap[name] = (...values: unknown[]) => this.#tell(name, values);
    wrap["onnewsession"] = (id: unknown, session: unknown) =>
      this.#tell("onnewsession", [id, session, method(wrap, "getTLSTicket")()]);
    wrap["onerror"] = (error: unknown) => {
      this.#isOver = true;
      this.#tell("onerror", [failureOf(error)]);
    };
    wrap["onhandshakedone"] = () => {
      this.#state = "secure";
      this.#tell("onhandshakedone", []);
    };
    wrap["onclienthello"] = (hello: unknown) => {
      this.#helloWaits = true;
      this.#tell("onclienthello", [hello]);
    };
    wrap["oncertcb"] = (info: unknown) => {
      this.#certificateWaits = true;
      this.#tell("oncertcb", [info]);
    };
    wrap["ALPNCallback"] = (offered: Uint8Array) =>
      isStart(offered, this.#protocolAt) ? this.#protocolAt : undefined;
    const { pskExchange } = this.#natives;
    if (pskExchange) {
      wrap[pskExchange] = (asked: string | null) => {
        const key = this.#keys.get(asked ?? "");
        return this.#isServer ? key?.psk : key;
      };
    }
    Object.defineProperty(wrap, "servername", {
      set: (name) => this.#events.push([EventName.Servername, name]),
    });
    wrap.onread = (memory) => {
      const { status, offset } = this.#natives.lastRead();
      if (status < 0) {
        this.#isOver = true;
        this.#events.push([EventName.ReadStatus, status]);
      } else this.#events.push([EventName.Read, new Uint8Array(memory, offset, status)]);
    };
  }

  #tell(name: string, values: readonly unknown[]): void {
    this.#events.push([name, ...values]);
  }

  #answer(answer: Answer): Uint8Array {
    const events = this.#events;
    this.#events = [];
    return pack({ ...answer, events });
  }

  /** What was sent has left, as far as Node is concerned: the guest waits where its stream does. */
  #settle(): void {
    for (let end = this.#toEnd.shift(); end; end = this.#toEnd.shift()) end();
  }
}

/** Its own, and those that a server changes to. */
const CONTEXTS_MAX = 16;
/** Keys that wait to be asked for. */
const KEYS_MAX = 64;
/** Bytes of a pre-shared key, of its identity and of what asks for it. */
const KEY_MAX = 512;
/** What Node or OpenSSL keeps whole, each time instead of what it had. */
const KEEPS = new Set(["setSession", "loadSession", "setOCSPResponse", "setALPNProtocols"]);

function method(wrap: TlsWrap, name: string): (...values: unknown[]) => unknown {
  const found = wrap[name];
  return typeof found === "function" ? found.bind(wrap) : invalid();
}

function outcome(operation: string, value: unknown): unknown {
  switch (operation) {
    case "getPeerCertificate":
    case "getCertificate":
      return certificateOf(value);
    case "getX509Certificate":
    case "getPeerX509Certificate":
      return chainOf(value);
    case "verifyError":
      return value ? failureOf(value) : null;
    default:
      return value;
  }
}

function exported(value: unknown): unknown {
  const length = integer(value) as number;
  return length >= 0 && length <= EXPORT_MAX ? length : invalid();
}

function fragment(value: unknown): unknown {
  const size = integer(value) as number;
  return size >= 0 && size <= FRAGMENT_MAX ? size : -1;
}

/** Names, each behind its length, none empty. */
function protocols(value: unknown): unknown {
  const list = bytes(value) as Uint8Array;
  let at = 0;
  while (at < list.length) {
    const length = list[at] as number;
    if (length === 0) invalid();
    at += 1 + length;
  }
  return at === list.length ? list : invalid();
}

/** True where a name begins at `at`. */
function isStart(list: Uint8Array, at: number | undefined): boolean {
  let start = 0;
  while (start < list.length && start !== at) start += 1 + (list[start] as number);
  return start < list.length && start === at;
}
