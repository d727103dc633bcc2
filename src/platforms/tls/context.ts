/** A context of TLS: a SecureContext of Node's kind, asked only what lib/ would ask and when it would. */
import type { HostTlsObject } from "../../../kernel/index.ts";
import { decodeLatin1 } from "../../../runtimes/node/text/units.ts";
import { type Answer, pack } from "../../../runtimes/node/tls/messages.ts";
import { failureOf } from "./answers.ts";
import {
  bytes,
  type Check,
  checked,
  integer,
  invalid,
  optional,
  questionOf,
  text,
  textOrBytes,
} from "./arguments.ts";
import type { NativeContext, TlsNatives } from "./natives.ts";
import { soundPem } from "./private-key.ts";

/** Protocol versions; 0: the library's own. */
const VERSIONS = new Set([0, 0x0301, 0x0302, 0x0303, 0x0304]);
/** PEM of a group of 4096 bits. Larger ones would keep the kernel's thread for seconds. */
const DH_TEXT_MAX = 900;
const TICKET_KEYS_BYTES = 48;
/** OpenSSL's objects are larger than their text; those of lists of what was revoked most of all. */
const SIZE_FACTOR = 3;
const REVOKED_FACTOR = 12;
/** Bytes of a certificate or list beyond that. */
const CERTIFICATE_BYTES = 6144;
/** In one context. Each is sorted in among the others, so many of them take the time of their square. */
const CERTIFICATES_MAX = 2048;
const TAKE_CERTIFICATES = new Set(["setCert", "addCACert", "addCRL"]);

const version: Check = (value) => (VERSIONS.has(value as number) ? value : invalid());
const options: Check = (value) => (Number.isSafeInteger(value) ? value : invalid());

/** What a context is asked, with its arguments. Nothing of it reads a file, or decrypts by password. */
const OPERATIONS: Readonly<Record<string, readonly Check[]>> = {
  setKey: [privateKey],
  setCert: [textOrBytes],
  addCACert: [textOrBytes],
  addCRL: [textOrBytes],
  addRootCerts: [],
  setAllowPartialTrustChain: [],
  setCipherSuites: [text],
  setCiphers: [text],
  setSigalgs: [text],
  setECDHCurve: [text],
  setDHParam: [group],
  setMaxProto: [version],
  setMinProto: [version],
  getMaxProto: [],
  getMinProto: [],
  setOptions: [options],
  setSessionIdContext: [text],
  setSessionTimeout: [seconds],
  setTicketKeys: [ticketKeys],
  getTicketKeys: [],
  getCertificate: [],
  getIssuer: [],
};

export class Context implements HostTlsObject {
  readonly natives: TlsNatives;
  #native: NativeContext | undefined;
  #isInitialised = false;
  #isClosed = false;
  /** Connections in it: Node's objects of theirs reach into this one. */
  #users = 0;
  #holds = 0;
  #certificates = 0;

  constructor(natives: TlsNatives) {
    this.natives = natives;
    this.#native = new natives.NativeContext();
  }

  get holds(): number {
    return this.#holds;
  }

  /** EINVAL before it is initialised, and once it is closed. */
  get native(): NativeContext {
    if (!this.#isInitialised || this.#isClosed) invalid();
    return this.#native as NativeContext;
  }

  /** For a connection, which gives it back when it ends. */
  use(): NativeContext {
    const { native } = this;
    this.#users++;
    return native;
  }

  giveBack(): void {
    this.#users--;
    this.#endUnused();
  }

  call(message: Uint8Array): Uint8Array {
    const { operation, values } = questionOf(message);
    let answer: Answer;
    try {
      const certificates = TAKE_CERTIFICATES.has(operation) ? certificatesIn(values) : 0;
      if (this.#certificates + certificates > CERTIFICATES_MAX) {
        throw new RangeError(`A context of TLS has ${CERTIFICATES_MAX} certificates at most`);
      }
      answer = { value: this.#perform(operation, values) };
      this.#certificates += certificates;
      this.#holds += message.length * (operation === "addCRL" ? REVOKED_FACTOR : SIZE_FACTOR);
      this.#holds += certificates * CERTIFICATE_BYTES;
    } catch (reason) {
      answer = { error: failureOf(reason) };
    }
    return pack(answer);
  }

  close(): void {
    this.#isClosed = true;
    this.#endUnused();
  }

  #endUnused(): void {
    if (!this.#isClosed || this.#users > 0) return;
    if (this.#isInitialised) this.#native?.["close"]?.();
    this.#native = undefined;
  }

  #perform(operation: string, values: readonly unknown[]): unknown {
    if (operation === "init") return this.#initialise(values);
    const { native } = this;
    const checks = Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : undefined;
    return native[operation]?.(...checked(values, checks ?? invalid()));
  }

  #initialise(values: readonly unknown[]): void {
    if (this.#isInitialised) invalid();
    const [method, least, most] = checked(values, [optional(text), version, version]);
    this.#native?.["init"]?.(method, least, most);
    this.#isInitialised = true;
  }
}

/** One, or as many as PEM begins. */
function certificatesIn([value]: readonly unknown[]): number {
  const text = value instanceof Uint8Array ? decodeLatin1(value) : String(value);
  return Math.max(1, text.split("-----BEGIN ").length - 1);
}

/** Only what is not encrypted: how often a password is hashed would be the guest's to say. */
function privateKey(value: unknown): unknown {
  const key = textOrBytes(value) as string | Uint8Array;
  const pem = typeof key === "string" ? key : decodeLatin1(key);
  if (pem.includes("ENCRYPTED")) invalid();
  return soundPem(pem);
}

function group(value: unknown): unknown {
  if (value === true) return true;
  const parameters = textOrBytes(value) as string | Uint8Array;
  if (parameters.length > DH_TEXT_MAX) {
    throw new RangeError("Diffie-Hellman groups of TLS have 4096 bits at most");
  }
  return parameters;
}

function seconds(value: unknown): unknown {
  return (integer(value) as number) >= 0 ? value : invalid();
}

function ticketKeys(value: unknown): unknown {
  const keys = bytes(value) as Uint8Array;
  return keys.length === TICKET_KEYS_BYTES ? keys : invalid();
}
