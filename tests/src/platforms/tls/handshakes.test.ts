/**
 * Handshakes between the libraries that hosts lend to guests, each with itself and with the other: what
 * both ends say afterwards, whom they trust, and what they refuse.
 */
import { describe, expect, test } from "vitest";
import type { Failure } from "../../../../runtimes/node/tls/messages.ts";
import { CERTIFICATE, KEY } from "../../../runtimes/node/tls/certificate.ts";
import { carry, End, LIBRARIES } from "./libraries.ts";

const TLS1_2 = 0x0303;
const TLS1_3 = 0x0304;
const PAIRS = [
  ["openssl", "openssl"],
  ["openssl", "node"],
  ["node", "openssl"],
  ["node", "node"],
].flatMap(([client = "", server = ""]) => [
  { client, server, version: TLS1_2 },
  { client, server, version: TLS1_3 },
]);

interface Wanted {
  readonly client: string;
  readonly server: string;
  readonly version: number;
  readonly trusts?: boolean;
  /** Before the first byte. */
  readonly prepare?: (client: End, server: End) => Promise<void>;
  readonly setUp?: (context: End) => Promise<void>;
}

async function contextOf(library: string, version: number, trusts = true): Promise<End> {
  const tls = LIBRARIES[library];
  if (!tls) throw new Error(library);
  const context = new End(tls, "context");
  await context.get("init", null, version, version);
  await context.get("setCert", CERTIFICATE);
  await context.get("setKey", KEY);
  if (trusts) await context.get("addCACert", CERTIFICATE);
  return context;
}

/** Both ends after all that they had to say. */
async function shake({ client, server, version, trusts, prepare, setUp }: Wanted) {
  const own = await contextOf(client, version, trusts);
  const other = await contextOf(server, version, trusts);
  await setUp?.(other);
  const ends = [
    new End(LIBRARIES[client] as never, "client", own),
    new End(LIBRARIES[server] as never, "server", other),
  ] as const;
  await ends[0].get("setServername", "a.test");
  await prepare?.(...ends);
  await ends[0].get("start");
  await carry(...ends);
  return { client: ends[0], server: ends[1], other, own };
}

const codeOf = (error: unknown) => (error as Failure | undefined)?.fields["code"];
const READ = (end: End) => Buffer.concat(end.told("read").map(([bytes]) => bytes as Uint8Array));

describe.each(PAIRS)("a client of $client, a server of $server, version $version", (pair) => {
  test("agree, and carry what is said", async () => {
    const { client, server } = await shake(pair);
    for (const end of [client, server]) {
      expect(end.told("onerror")).toEqual([]);
      expect(end.told("onhandshakedone")).toHaveLength(1);
      expect(await end.get("getProtocol")).toBe(pair.version === TLS1_3 ? "TLSv1.3" : "TLSv1.2");
    }
    expect(await client.get("verifyError")).toBeNull();
    expect(await server.get("getServername")).toBe("a.test");
    expect(await client.get("getCipher")).toEqual(await server.get("getCipher"));
    expect(await client.get("getFinished")).toEqual(await server.get("getPeerFinished"));
    const exported = ["exportKeyingMaterial", 32, "label", new Uint8Array([1])] as const;
    expect(await client.get(...exported)).toEqual(await server.get(...exported));
    const text = Buffer.alloc(100_000, "said ");
    await client.ask("write", [text]);
    await server.ask("write", [text.subarray(0, 7)]);
    await carry(client, server);
    expect(READ(server).equals(text)).toBe(true);
    expect(READ(client).toString()).toBe("said sa");
    expect(client.told("written").map(([status]) => status)).toEqual([0]);
    await client.ask("shutdown");
    await carry(client, server);
    expect(server.told("readStatus")).toEqual([[-4095]]);
  });

  test("a server that nobody vouches for is known as such", async () => {
    const { client } = await shake({ ...pair, trusts: false });
    const error = (await client.get("verifyError")) as { fields: object };
    expect(error.fields).toEqual({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
  });

  test("a client shows its certificate to a server that asks", async () => {
    const prepare = async (_client: End, server: End) =>
      void (await server.get("setVerifyMode", true, true));
    const { server } = await shake({ ...pair, prepare });
    expect(await server.get("verifyError")).toBeNull();
    const certificate = (await server.get("getPeerCertificate", true)) as Record<string, unknown>;
    expect(certificate["subject"]).toEqual({ O: "Isopod tests", CN: "localhost" });
    expect(certificate["isOwnIssuer"]).toBe(true);
  });

  test("the server's first protocol that both have is chosen, and none ends it", async () => {
    const protocols = (...names: string[]) =>
      Buffer.concat(names.map((name) => Buffer.from(`${String.fromCharCode(name.length)}${name}`)));
    const prepare = (own: Buffer) => async (client: End, server: End) => {
      await client.get("setALPNProtocols", protocols("b", "h2"));
      await server.get("setALPNProtocols", own);
    };
    const { client, server } = await shake({ ...pair, prepare: prepare(protocols("h2", "b")) });
    for (const end of [client, server]) {
      expect(await end.get("getALPNNegotiatedProtocol")).toBe("h2");
    }
    // A server that has none takes no part in the choice.
    const none = await shake({ ...pair, prepare: prepare(protocols()) });
    expect(none.server.told("onhandshakedone")).toHaveLength(1);
    expect(await none.client.get("getALPNNegotiatedProtocol")).toBe(false);
    const refused = await shake({ ...pair, prepare: prepare(protocols("c")) });
    const [[error] = []] = refused.client.told("onerror");
    expect(codeOf(error)).toBe("ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL");
    expect(await refused.client.get("isSessionReused")).toBe(false);
  });

  test("a session is resumed by its ticket", async () => {
    const first = await shake({
      ...pair,
      prepare: async (client) => void (await client.get("enableSessionCallbacks")),
    });
    await first.server.ask("write", [Buffer.from("x")]);
    await carry(first.client, first.server);
    const [, session] = first.client.told("onnewsession").at(-1) ?? [];
    expect(session).toBeInstanceOf(Uint8Array);
    const keys = await first.other.get("getTicketKeys");
    const { client, server } = await shake({
      ...pair,
      setUp: async (context) => void (await context.get("setTicketKeys", keys)),
      prepare: async (client) => void (await client.get("setSession", session)),
    });
    for (const end of [client, server]) expect(await end.get("isSessionReused")).toBe(true);
    const refused = await shake({
      ...pair,
      prepare: async (client) => void (await client.get("setSession", session)),
    });
    expect(await refused.client.get("isSessionReused")).toBe(false);
  });

  test("a server's certificate is chosen while its client waits", async () => {
    const { client, server, other } = await shake({
      ...pair,
      prepare: async (_client, server) => void (await server.get("enableCertCb")),
    });
    expect(client.told("onhandshakedone")).toEqual([]);
    expect(server.told("oncertcb")).toEqual([[{ servername: "a.test", OCSPRequest: false }]]);
    await server.ask("certCbDone", [], [other]);
    await carry(client, server);
    expect(client.told("onhandshakedone")).toHaveLength(1);
  });

  test("OCSP's response reaches a client that asked", async () => {
    const { client } = await shake({
      ...pair,
      prepare: async (client, server) => {
        await client.get("requestOCSP");
        await server.get("setOCSPResponse", Buffer.from("response"));
      },
    });
    expect(
      client.told("onocspresponse").map(([bytes]) => String(Buffer.from(bytes as never))),
    ).toEqual(["response"]);
  });

  test("keys are logged where a program asked for them", async () => {
    const { client } = await shake({
      ...pair,
      prepare: async (client) => void (await client.get("enableKeylogCallback")),
    });
    const lines = client.told("onkeylog").map(([line]) => Buffer.from(line as never).toString());
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line).toMatch(/^[A-Z_0-9]+ [0-9a-f]{64} [0-9a-f]+\n$/);
  });

  test("a key that both know takes a certificate's place", async () => {
    const psk = Buffer.alloc(24, 7);
    const setUp = async (context: End) => {
      await context.get("setCiphers", "PSK+HIGH");
      // Its digest is the one that such keys are for.
      await context.get("setCipherSuites", "TLS_AES_128_GCM_SHA256");
    };
    const { client, server } = await shake({
      ...pair,
      setUp,
      prepare: async (client, server) => {
        for (const end of [client, server]) await end.get("enablePskCallback");
        for (const name of ["", "me"]) {
          await client.get("giveKey", name, psk, "me");
          await server.get("giveKey", name, psk, "me");
        }
      },
    });
    for (const end of [client, server]) expect(end.told("onhandshakedone")).toHaveLength(1);
    if (pair.version === TLS1_3) expect(await client.get("isSessionReused")).toBe(true);
  });

  test("a byte that was changed on its way ends it", async () => {
    const { client, server } = await shake(pair);
    const sent = client.told("send").length;
    await client.ask("write", [Buffer.from("secret")]);
    const [[record] = []] = client.told("send").slice(sent);
    const changed = Uint8Array.from(record as Uint8Array);
    changed[changed.length - 1] = (changed.at(-1) as number) ^ 1;
    await server.ask("receive", [changed]);
    expect(server.told("read")).toEqual([]);
    const [[error] = []] = server.told("onerror");
    // As its version has it.
    expect(codeOf(error)).toMatch(/_(CIPHER_OPERATION_FAILED|BAD_RECORD_MAC)$/);
  });
});

test.each(["openssl", "node"])("no versions in common end a handshake of %s", async (library) => {
  const tls = LIBRARIES[library] as never;
  const client = new End(tls, "client", await contextOf(library, TLS1_2));
  const server = new End(tls, "server", await contextOf(library, TLS1_3));
  await client.get("start");
  await carry(client, server);
  const codes = [client, server].map((end) => codeOf(end.told("onerror")[0]?.[0]));
  expect(codes).toEqual(["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", "ERR_SSL_UNSUPPORTED_PROTOCOL"]);
});
