/** Asks contexts and connections at random (hostile.test.ts): `node hostile-questions.ts LIBRARY SEED`. */
import type { HostTlsObject } from "../../../../kernel/index.ts";
import { Errno, KernelError } from "../../../../kernel/index.ts";
import { type Answer, pack, unpack } from "../../../../runtimes/node/tls/messages.ts";
import type { LocalTls } from "../../../../src/platforms/tls/index.ts";
import { seeded } from "../../../kernel/random.ts";
import { CERTIFICATE, KEY } from "../../../runtimes/node/tls/certificate.ts";
import { LIBRARIES } from "./libraries.ts";

const ROUNDS = 120;
const STEPS = 30;
const [, , library = "", seed] = process.argv;
const tls = LIBRARIES[library] as LocalTls;
const random = seeded(Number(seed));
const pick = <T>(list: readonly T[]): T => list[random.below(list.length)] as T;
const counts = { answered: 0, refused: 0, handshakes: 0 };

const bytes = (...values: number[]) => Uint8Array.from(values);
const ANYTHING = [
  ...[null, true, 0, -1, 3, 0x0303, 2 ** 31 - 1, 1e300, "", "a", "x\0y", "auto", KEY, CERTIFICATE],
  ...[[], { a: 1 }, bytes(), bytes(0), bytes(2, 104, 50), bytes(9, 1), new Uint8Array(48)],
];
/** Arguments that make sense, by operation. */
const CONTEXT: Readonly<Record<string, readonly (readonly unknown[])[]>> = {
  init: [
    [null, "TLS_method", "nothing"],
    [0, 0x0301, 0x0303],
    [0, 0x0304],
  ],
  setKey: [[KEY, "nothing"]],
  setCert: [[CERTIFICATE, KEY]],
  addCACert: [[CERTIFICATE, "nothing"]],
  addCRL: [[CERTIFICATE]],
  setAllowPartialTrustChain: [],
  setCipherSuites: [["TLS_AES_128_GCM_SHA256", "nothing", ""]],
  setCiphers: [["ALL", "PSK", "nothing", ""]],
  setSigalgs: [["RSA+SHA256", "nothing", ""]],
  setECDHCurve: [["auto", "P-256:P-384", "nothing", ""]],
  setDHParam: [[true, "nothing"]],
  setMaxProto: [[0, 0x0303, 0x0304]],
  setMinProto: [[0, 0x0301, 0x0304]],
  setOptions: [[0, 2 ** 40, -1]],
  setSessionIdContext: [["a", "", "x".repeat(40)]],
  setSessionTimeout: [[0, -1, 300]],
  setTicketKeys: [[new Uint8Array(48), new Uint8Array(47)]],
  getTicketKeys: [],
  getCertificate: [],
  getIssuer: [],
  close: [],
  constructor: [],
  setClientCertEngine: [["/lib/x.so"]],
};
const CONNECTION: Readonly<Record<string, readonly (readonly unknown[])[]>> = {
  start: [],
  receive: [[bytes(), bytes(1, 2, 3), bytes(22, 3, 1, 0, 5, 1, 0, 0, 1, 0)]],
  receiveEnd: [],
  write: [[bytes(), new Uint8Array(40_000)]],
  shutdown: [],
  poll: [],
  certCbDone: [],
  setKeyCert: [],
  clientHelloDone: [],
  newSessionDone: [],
  chooseProtocol: [[0, 1, 3, -1]],
  giveKey: [
    ["", "id"],
    [new Uint8Array(16), new Uint8Array(600)],
    ["id", "i".repeat(400)],
  ],
  enableCertCb: [],
  enableALPNCb: [],
  enableSessionCallbacks: [],
  enableKeylogCallback: [],
  enablePskCallback: [],
  getServername: [],
  isSessionReused: [],
  getALPNNegotiatedProtocol: [],
  getCipher: [],
  getEphemeralKeyInfo: [],
  getFinished: [],
  getPeerFinished: [],
  getProtocol: [],
  getSession: [],
  getSharedSigalgs: [],
  getTLSTicket: [],
  getCertificate: [],
  getX509Certificate: [],
  getPeerCertificate: [[true, false]],
  getPeerX509Certificate: [],
  verifyError: [],
  exportKeyingMaterial: [[0, 32, 300, 2 ** 30], ["label"], [bytes(), bytes(1)]],
  setMaxSendFragment: [[0, 512, 16_384, -5]],
  setVerifyMode: [
    [true, false],
    [true, false],
  ],
  setServername: [["localhost", "", "x".repeat(300)]],
  setSession: [[bytes(), new Uint8Array(30)]],
  loadSession: [[bytes(), new Uint8Array(30)]],
  requestOCSP: [],
  setALPNProtocols: [[bytes(2, 104, 50), bytes(0), bytes(9, 1)]],
  setPskIdentityHint: [["h", "", "h".repeat(300)]],
  setOCSPResponse: [[bytes(), bytes(5)]],
  renegotiate: [],
  destroySSL: [],
  enableTrace: [],
};

async function ask(
  object: HostTlsObject,
  operation: string,
  values: readonly unknown[] = [],
  others: readonly HostTlsObject[] = [],
): Promise<Answer> {
  try {
    const answer = unpack(await object.call(pack({ operation, values }), others)) as Answer;
    counts.answered++;
    return answer;
  } catch (reason) {
    if (!(reason instanceof KernelError)) throw reason;
    // An instance of wasm that trapped answers so from then on.
    if (reason.errno === Errno.EIO) throw new Error(`${operation} was too much`);
    counts.refused++;
    return {};
  }
}

/** One question out of `table`, now and then with arguments that make no sense. */
function question(table: typeof CONTEXT): [operation: string, values: unknown[]] {
  const operation = pick(Object.keys(table));
  if (random.below(4) === 0) {
    return [operation, Array.from({ length: random.below(4) }, () => pick(ANYTHING))];
  }
  return [operation, (table[operation] ?? []).map((values) => pick(values))];
}

async function round(isWild: boolean): Promise<void> {
  const context = tls.open("context", undefined);
  if (!isWild || random.below(3) > 0) {
    await ask(context, "init", [null, 0, pick([0, 0x0303, 0x0304])]);
    await ask(context, "setCert", [CERTIFICATE]);
    await ask(context, "setKey", [KEY]);
  }
  if (isWild) for (let i = random.below(5); i > 0; i--) await ask(context, ...question(CONTEXT));
  let ends: HostTlsObject[];
  try {
    ends = [tls.open("client", context), tls.open("server", context)];
  } catch (reason) {
    if (!(reason instanceof KernelError)) throw reason;
    counts.refused++;
    context.close();
    return;
  }
  const wires: Uint8Array[][] = [[], []];
  const tell = async (
    end: number,
    operation: string,
    values: unknown[] = [],
    others = [context],
  ) => {
    const { events = [] } = await ask(ends[end] as HostTlsObject, operation, values, others);
    for (const [name, first] of events) {
      if (name === "send") wires[1 - end]?.push(first as Uint8Array);
      if (name === "onhandshakedone") counts.handshakes++;
    }
  };
  const wild = () => tell(random.below(2), ...question(CONNECTION));
  if (isWild) for (let i = random.below(4); i > 0; i--) await wild();
  await tell(0, "start");
  for (let step = 0; step < STEPS; step++) {
    const end = random.below(2);
    const next = wires[end]?.shift();
    if (next) {
      if (isWild && random.below(30) === 0) next[random.below(next.length)] = random.below(256);
      await tell(end, "receive", [next]);
    } else if (isWild) await wild();
  }
  if (random.below(2) === 0) context.close();
  ends[0]?.close();
  await wild();
  ends[1]?.close();
  context.close();
}

for (let i = 0; i < ROUNDS; i++) await round(i % 4 > 0);
process.stdout.write(JSON.stringify(counts));
