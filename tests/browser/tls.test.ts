/** TLS of Node programs in a tab: OpenSSL's wasm in a worker of its own, between the programs of a machine. */
import { expect, test } from "vitest";
import { CERTIFICATE, KEY } from "../runtimes/node/tls/certificate.ts";
import { type Tab, testBrowser } from "./tab.ts";

const tabs = testBrowser();

/** Runs `script` as Node would, beside a certificate and its key. */
function run(tab: Tab, script: string) {
  return tab.page.evaluate(
    async ([script, cert, key]) => {
      const vm = await isopod.createVm();
      await vm.fs.writeFile("cert.pem", cert as string);
      await vm.fs.writeFile("key.pem", key as string);
      const { stdout, stderr } = await vm.exec("node --no-warnings -", {
        stdin: script as string,
        timeout: 100_000,
        reject: false,
      });
      await vm.dispose();
      return stdout + stderr;
    },
    [script, CERTIFICATE, KEY] as const,
  );
}

const SCRIPT = `
const { execFileSync } = require("child_process");
const fs = require("fs"), https = require("https"), tls = require("tls");
const { X509Certificate } = require("crypto");
const key = fs.readFileSync("key.pem"), cert = fs.readFileSync("cert.pem");

/** What a client in a process of its own hears. */
const CLIENT = \`
const https = require("https"), fs = require("fs");
const [port, servername, trusts] = process.argv.slice(1);
const options = { port, servername, path: "/path", agent: false, ...(trusts && { ca: fs.readFileSync("cert.pem") }) };
https.get(options, (response) => {
  const { authorized } = response.socket;
  let size = 0;
  response.on("data", (data) => { size += data.length; });
  response.on("end", () => console.log(response.statusCode, authorized, response.socket.getProtocol(), size));
}).on("error", ({ code }) => console.log(code));
\`;
const run = (...values) => new Promise((done) => {
  const { execFile } = require("child_process");
  execFile("node", ["-e", CLIENT, ...values], (_error, stdout, stderr) => done(stdout.trim() + stderr));
});

const server = https.createServer({ key, cert }, (request, response) => response.end(Buffer.alloc(300_000)));
server.listen(0, async () => {
  const port = String(server.address().port);
  console.log(await run(port, "localhost", "yes"));
  console.log(await run(port, "localhost", ""));
  console.log(await run(port, "other.example", "yes"));
  const socket = tls.connect({ port, ca: cert, servername: "a.test", maxVersion: "TLSv1.2" }, () => {
    console.log(socket.authorized, socket.getProtocol(), socket.getCipher().name);
    console.log(socket.getPeerCertificate().subject.CN);
    socket.end();
    server.close();
  });
});
console.log(new X509Certificate(cert).subjectAltName, tls.rootCertificates.length > 100);
try { tls.createSecureContext({ key: "none" }); } catch ({ code }) { console.log(code); }
`;

const OUTPUT = `DNS:localhost, DNS:a.test, DNS:b.test, IP Address:127.0.0.1 true
ERR_OSSL_UNSUPPORTED
200 true TLSv1.3 300000
DEPTH_ZERO_SELF_SIGNED_CERT
ERR_TLS_CERT_ALTNAME_INVALID
true TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256
localhost
`;

test("node speaks TLS in a machine, and fetches what does when a program asks for it", async () => {
  await using tab = await tabs.open();
  const fetched = () => tab.server.log.filter((line) => /openssl|tls\.js|\.pem/.test(line)).length;
  expect(await run(tab, `require("https"); console.log(1)`)).toBe("1\n");
  expect(fetched()).toBe(0);
  expect(await run(tab, SCRIPT)).toBe(OUTPUT);
  expect(fetched()).toBe(3);
  expect(tab.complaints).toEqual([]);
});

test("so it does on QuickJS", async () => {
  await using tab = await tabs.open({ isolated: false });
  expect(await run(tab, SCRIPT)).toBe(OUTPUT);
  expect(tab.complaints).toEqual([]);
});

test("a library that is out of reach is an error, and is asked for again", async () => {
  await using tab = await tabs.open();
  await tab.page.context().route("**/openssl.wasm", (route) => route.abort());
  const script = `
    try { console.log(require("tls").createSecureContext() !== undefined); }
    catch ({ code }) { console.log(code); }`;
  expect(await run(tab, script)).toBe("EIO\n");
  await tab.page.context().unroute("**/openssl.wasm");
  expect(await run(tab, script)).toBe("true\n");
});
