/** TLS of Node programs on a machine's loopback, by the host's library. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createVm, type Vm } from "../../../../src/index.ts";
import { CERTIFICATE, KEY } from "./certificate.ts";

let vm: Vm;

beforeAll(async () => {
  vm = await createVm();
  await vm.fs.writeFile("/tmp/key.pem", KEY);
  await vm.fs.writeFile("/tmp/cert.pem", CERTIFICATE);
  // The first program may have to make the snapshot.
  await vm.exec("node -e 0");
});
afterAll(() => vm?.dispose());

const PRELUDE = `
const tls = require("tls"), https = require("https"), net = require("net"), fs = require("fs");
const key = fs.readFileSync("/tmp/key.pem"), cert = fs.readFileSync("/tmp/cert.pem");
const print = (...values) => console.log(JSON.stringify(values));
/** Serves, and gives the port to the client. */
const serve = (options, onSocket, client) => {
  const server = tls.createServer({ key, cert, ...options }, onSocket);
  server.on("tlsClientError", (error) => print("server", error.code));
  server.listen(0, "127.0.0.1", () => client(server.address().port, server));
};
`;

/** What a script prints, line by line as JSON. */
async function run(script: string, env: Record<string, string> = {}): Promise<unknown[]> {
  const { stdout } = await vm.exec("node -", { stdin: PRELUDE + script, env, timeout: 60_000 });
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

describe("https", () => {
  const SERVER = `
    let heard = 0;
    const server = https.createServer({ key, cert }, (request, response) => {
      heard++;
      response.setHeader("connection", "close");
      request.pipe(response);
    });
    const ask = (port, options, body) => new Promise((done) => {
      const request = https.request({ port, host: "127.0.0.1", method: "POST", ...options }, (response) => {
        let size = 0;
        response.on("data", (data) => { size += data.length; });
        response.on("end", () => done([response.statusCode, response.socket.authorized, size]));
      });
      request.on("error", (error) => done([error.code]));
      request.end(body);
    });`;

  test("a server and a client, who trusts whom he is told to", async () => {
    const script = `${SERVER}
      server.listen(0, "127.0.0.1", async () => {
        const { port } = server.address();
        print(await ask(port, { ca: cert, servername: "localhost" }, "body"));
        print(await ask(port, { rejectUnauthorized: false }, "body"));
        print(await ask(port, { ca: cert, servername: "localhost" }, Buffer.alloc(5e6)));
        server.close();
      });`;
    expect(await run(script)).toEqual([[[200, true, 4]], [[200, false, 4]], [[200, true, 5e6]]]);
  });

  test("nothing is said to a server that is not trusted, or has another name", async () => {
    const script = `${SERVER}
      server.listen(0, "127.0.0.1", async () => {
        const { port } = server.address();
        print(await ask(port, {}, "secret"), heard);
        print(await ask(port, { ca: cert, servername: "other.example" }, "secret"), heard);
        print(await ask(port, { ca: cert, servername: "a.test" }, "said"), heard);
        server.close();
      });`;
    expect(await run(script)).toEqual([
      [["DEPTH_ZERO_SELF_SIGNED_CERT"], 0],
      [["ERR_TLS_CERT_ALTNAME_INVALID"], 0],
      [[200, true, 4], 1],
    ]);
  });

  test("the authorities of the environment are trusted too", async () => {
    const script = `${SERVER}
      server.listen(0, "127.0.0.1", async () => {
        print(await ask(server.address().port, { servername: "localhost" }, "x"));
        server.close();
      });`;
    const env = { NODE_EXTRA_CA_CERTS: "/tmp/cert.pem" };
    expect(await run(script, env)).toEqual([[[200, true, 1]]]);
    expect(await run(script)).toEqual([[["DEPTH_ZERO_SELF_SIGNED_CERT"]]]);
  });

  test("fetch of Node's own speaks it", async () => {
    const script = `${SERVER}
      server.listen(0, "127.0.0.1", async () => {
        const url = "https://localhost:" + server.address().port;
        const error = await fetch(url).then(() => "none", (error) => error.cause.code);
        process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
        process.removeAllListeners("warning");
        const answer = await fetch(url, { method: "POST", body: "ping" });
        print(error, answer.status, await answer.text());
        server.close();
      });`;
    expect(await run(script)).toEqual([["DEPTH_ZERO_SELF_SIGNED_CERT", 200, "ping"]]);
  });
});

describe("handshakes", () => {
  test("protocols are agreed on, by a list or by a callback", async () => {
    const script = `
      const client = (port, server, done) => {
        const socket = tls.connect({ port, ca: cert, servername: "a.test", ALPNProtocols: ["x", "y"] });
        socket.on("secureConnect", () => { print("client", socket.alpnProtocol); socket.end(); });
        socket.on("error", (error) => print("client", error.code));
        socket.on("close", () => { server.close(); done(); });
      };
      const rounds = [
        { ALPNProtocols: ["y"] },
        { ALPNCallback: ({ servername, protocols }) => { print(servername, protocols); return "x"; } },
        { ALPNCallback: () => undefined },
      ];
      const next = () => {
        const options = rounds.shift();
        if (options) serve(options, (socket) => socket.resume(), (port, server) => client(port, server, next));
      };
      next();`;
    const found = await run(script);
    expect(found.slice(0, 3)).toEqual([
      ["client", "y"],
      ["a.test", ["x", "y"]],
      ["client", "x"],
    ]);
    expect(found.slice(3)).toContainEqual([
      "client",
      "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
    ]);
  });

  test("a server chooses its certificate by name, later if it likes", async () => {
    const script = `
      const known = { "a.test": tls.createSecureContext({ key, cert }) };
      const options = {
        key: undefined, cert: undefined, SNICallback: (name, done) => setTimeout(() => done(null, known[name]), 5),
      };
      serve(options, (socket) => socket.end(socket.servername), (port, server) => {
        const ask = (servername) => new Promise((done) => {
          const socket = tls.connect({ port, ca: cert, servername });
          socket.on("data", (data) => print(String(data), socket.authorized));
          socket.on("error", (error) => print(error.code));
          socket.on("close", done);
        });
        ask("a.test").then(() => ask("b.test")).then(() => server.close());
      });`;
    const found = await run(script);
    expect(found).toContainEqual(["a.test", true]);
    expect(found).toContainEqual(["ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE"]);
  });

  test.each(["TLSv1.2", "TLSv1.3"])("keys that both sides share, in %s", async (version) => {
    const script = `
      const keys = { me: Buffer.from("d731ef57be09e5204f0b205b60627028", "hex") };
      const options = {
        ciphers: "PSK:TLS_AES_128_GCM_SHA256", minVersion: "${version}", maxVersion: "${version}",
      };
      serve({ ...options, pskCallback: (socket, identity) => keys[identity] }, (s) => s.end("ok"), (port, server) => {
        const ask = (identity) => new Promise((done) => {
          const socket = tls.connect({
            port, ...options, checkServerIdentity() {}, pskCallback: () => ({ identity, psk: keys.me }),
          });
          socket.on("data", (data) => print(identity, String(data), socket.getProtocol()));
          socket.on("error", () => print(identity, "refused"));
          socket.on("close", done);
        });
        ask("me").then(() => ask("other")).then(() => server.close());
      });`;
    const found = await run(script);
    expect(found).toContainEqual(["me", "ok", version]);
    expect(found).toContainEqual(["other", "refused"]);
  });

  test("a session is taken up again, and both sides have the same keys of their own", async () => {
    const script = `
      serve({}, (socket) => socket.end(socket.exportKeyingMaterial(8, "label").toString("hex")), (port, server) => {
        const ask = (session) => new Promise((done) => {
          const socket = tls.connect({ port, ca: cert, servername: "localhost", session });
          let kept;
          socket.on("session", (found) => { kept = found; });
          socket.on("secureConnect", () => { socket.mine = socket.exportKeyingMaterial(8, "label").toString("hex"); });
          socket.on("data", (data) => print(socket.isSessionReused(), socket.mine === String(data)));
          socket.on("close", () => done(kept));
        });
        ask().then(ask).then(() => server.close());
      });`;
    expect(await run(script)).toEqual([
      [false, true],
      [true, true],
    ]);
  });

  test("what is no TLS ends that connection alone", async () => {
    const script = `
      serve({}, (socket) => socket.end("still here"), (port, server) => {
        net.connect(port).on("error", () => {}).on("close", () => {
          const socket = tls.connect({ port, ca: cert, servername: "localhost" });
          socket.on("data", (data) => print(String(data)));
          socket.on("close", () => server.close());
        }).end("GET / HTTP/1.1\\r\\n\\r\\n");
      });`;
    expect(await run(script)).toEqual([["server", "ERR_SSL_HTTP_REQUEST"], ["still here"]]);
  });

  test("TLS within TLS, and over a stream of JavaScript's", async () => {
    const script = `
      const { duplexPair } = require("stream");
      const [near, far] = duplexPair();
      new tls.TLSSocket(far, { isServer: true, key, cert }).end("inside");
      tls.connect({ socket: near, ca: cert, servername: "localhost" }).on("data", (data) => print(String(data)));
      serve({}, (outer) => new tls.TLSSocket(outer, { isServer: true, key, cert }).end("twice"), (port, server) => {
        const outer = tls.connect({ port, ca: cert, servername: "localhost" }, () => {
          const inner = tls.connect({ socket: outer, ca: cert, servername: "localhost" });
          inner.on("data", (data) => print(String(data)));
          inner.on("close", () => server.close());
        });
      });`;
    const found = await run(script);
    expect(found).toContainEqual(["inside"]);
    expect(found).toContainEqual(["twice"]);
  });
});

describe("contexts and certificates", () => {
  test("what is wrong with a context is OpenSSL's error, at once", async () => {
    const script = `
      const { privateKey } = require("crypto").generateKeyPairSync("ec", { namedCurve: "P-256" });
      const other = privateKey.export({ type: "pkcs8", format: "pem" });
      for (const options of [
        { ciphers: "nothing" }, { key: "nothing" }, { key: other, cert }, { cert: "nothing" },
        { ecdhCurve: "nothing" }, { minVersion: "TLSv9" }, { pfx: Buffer.from("nothing") }, { key, cert },
      ]) {
        try { tls.createSecureContext(options); print("made"); } catch (error) { print(error.code, error.message); }
      }`;
    expect(await run(script)).toMatchInlineSnapshot(`
      [
        [
          "ERR_SSL_NO_CIPHER_MATCH",
          "error:0A0000B9:SSL routines::no cipher match",
        ],
        [
          "ERR_OSSL_UNSUPPORTED",
          "error:1E08010C:DECODER routines::unsupported",
        ],
        [
          "ERR_OSSL_X509_KEY_VALUES_MISMATCH",
          "error:05800074:x509 certificate routines::key values mismatch",
        ],
        [
          "ERR_OSSL_PEM_NO_START_LINE",
          "error:0480006C:PEM routines::no start line",
        ],
        [
          "ERR_CRYPTO_OPERATION_FAILED",
          "Failed to set ECDH curve",
        ],
        [
          "ERR_TLS_INVALID_PROTOCOL_VERSION",
          ""TLSv9" is not a valid minimum TLS protocol version",
        ],
        [
          null,
          "not enough data",
        ],
        [
          "made",
        ],
      ]
    `);
  });

  test("an encrypted key is opened by its password, in the machine", async () => {
    const script = `
      const { createPrivateKey } = require("crypto");
      const locked = createPrivateKey(key).export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "p" });
      for (const passphrase of ["p", "q"]) {
        try { tls.createSecureContext({ key: locked, cert, passphrase }); print("made"); } catch (error) { print(error.code); }
      }`;
    expect(await run(script)).toEqual([["made"], ["ERR_OSSL_BAD_DECRYPT"]]);
  });

  test("a certificate tells its fields and is checked", async () => {
    const script = `
      const { X509Certificate, createPrivateKey, createPublicKey } = require("crypto");
      const found = new X509Certificate(cert);
      print(found.subject, found.subjectAltName, found.validTo, found.ca, found.raw.length);
      print(found.checkHost("a.test"), found.checkHost("b.example"), found.checkIP("127.0.0.1"));
      print(found.verify(found.publicKey), found.checkIssued(found), found.checkPrivateKey(createPrivateKey(key)));
      print(createPublicKey(cert).equals(found.publicKey), found.toLegacyObject().subject);
      try { new X509Certificate("nothing"); } catch (error) { print(error.code); }`;
    expect(await run(script)).toMatchInlineSnapshot(`
      [
        [
          "O=Isopod tests
      CN=localhost",
          "DNS:localhost, DNS:a.test, DNS:b.test, IP Address:127.0.0.1",
          "Oct 29 11:08:17 2126 GMT",
          true,
          477,
        ],
        [
          "a.test",
          null,
          "127.0.0.1",
        ],
        [
          true,
          true,
          true,
        ],
        [
          true,
          {
            "CN": "localhost",
            "O": "Isopod tests",
          },
        ],
        [
          "ERR_OSSL_PEM_NO_START_LINE",
        ],
      ]
    `);
  });

  test("authorities and ciphers are those of Node", async () => {
    const script = `
      print(tls.rootCertificates.length > 100, tls.getCiphers().includes("tls_aes_128_gcm_sha256"));
      print(tls.getCACertificates("system").length, tls.getCACertificates().length === tls.rootCertificates.length);`;
    expect(await run(script)).toEqual([
      [true, true],
      [0, true],
    ]);
  });

  test("a trace, which the host would write, is refused", async () => {
    const script = `
      try { new tls.TLSSocket(new net.Socket(), { enableTrace: true }); } catch (error) { print(error.code); }`;
    expect(await run(script)).toEqual([["ERR_FEATURE_UNAVAILABLE_ON_PLATFORM"]]);
  });
});
