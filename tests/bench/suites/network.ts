/** The network: what a refusal takes, HTTP within a machine, and what the gateway carries. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createVm, type Vm } from "../../../src/index.ts";
import { atLeast, atMost, type Report } from "../harness.ts";

const MB = 1e6;
const DOWNLOAD = 256 * MB;
const ROUNDS = 5;

/** Prints milliseconds of refused connections and of refused look-ups, as two lists. */
const REFUSED = `
const net = require("net"), dns = require("dns");
const connect = () => new Promise((done) => {
  const from = performance.now();
  net.connect(443, "93.184.215.14").on("error", (e) => {
    if (e.code !== "EACCES") throw e;
    done(performance.now() - from);
  });
});
const lookUp = () => new Promise((done) => {
  const from = performance.now();
  dns.lookup("denied.test", (e) => done(performance.now() - from));
});
(async () => {
  const all = [[], []];
  for (let i = 0; i < 300; i++) { all[0].push(await connect()); all[1].push(await lookUp()); }
  console.log(JSON.stringify(all.map((list) => list.slice(100))));
})();`;

/** Requests for the same small answer over 32 connections that stay open; prints requests a second. */
const REQUESTS = `
const http = require("http");
const agent = new http.Agent({ keepAlive: true, maxSockets: 32 });
const [host, port] = process.argv.slice(1);
const get = () => new Promise((done, fail) => {
  http.get({ host, port, agent }, (r) => { r.resume(); r.on("end", done); }).on("error", fail);
});
const round = async (count) => {
  let left = count;
  const from = performance.now();
  await Promise.all(Array.from({ length: 32 }, async () => { while (left-- > 0) await get(); }));
  return (count / (performance.now() - from)) * 1000;
};
(async () => {
  await round(3000);
  const rates = [];
  for (let i = 0; i < ${ROUNDS}; i++) rates.push(await round(4000));
  console.log(JSON.stringify(rates));
  agent.destroy();
})();`;

const SERVER = `
require("http").createServer((q, r) => r.end("hello")).listen(8000, () => console.log("ready"));`;

export default async function network(report: Report): Promise<void> {
  const piece = Buffer.alloc(1 << 20, 1);
  const server = createServer((request, response) => {
    if (request.url === "/") return void response.end("hello");
    if (request.method === "PUT") return void request.resume().on("end", () => response.end());
    let left = DOWNLOAD;
    const push = () => {
      while (left > 0) {
        left -= piece.length;
        if (!response.write(piece)) return void response.once("drain", push);
      }
      response.end();
    };
    push();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await using vm = await createVm({
    permissions: { network: ["outside.test"] },
    network: { hosts: { "outside.test": `127.0.0.1:${port}` } },
  });
  const [connects, lookUps] = await json<number[][]>(vm, ["node", "-e", REFUSED]);
  report.add("a refused connection (net)", "ms", connects ?? [], { bar: atMost(1) });
  report.add("a refused look-up (dns)", "ms", lookUps ?? [], { bar: atMost(1) });

  await inside(report, vm);
  const outward = await json<number[]>(vm, ["node", "-e", REQUESTS, "outside.test", "80"]);
  report.add("HTTP requests to the outside", "1/s", outward);

  const rates: Record<string, number[]> = { download: [], upload: [] };
  await vm.exec(`head -c ${DOWNLOAD} /dev/zero > upload`);
  for (let i = 0; i < ROUNDS; i++) {
    rates["download"]?.push(await rate(vm, "curl -sS -o /dev/null http://outside.test/large"));
    rates["upload"]?.push(await rate(vm, "curl -sS -T upload http://outside.test/put"));
  }
  report.add("download (curl)", "MB/s", rates["download"] ?? []);
  report.add("upload (curl)", "MB/s", rates["upload"] ?? []);
  server.closeAllConnections();
  server.close();
}

/** Both programs and the kernel share this machine's cores. */
async function inside(report: Report, vm: Vm): Promise<void> {
  const server = await vm.spawn(["node", "-e", SERVER]);
  await server.stdout.getReader().read();
  const rates = await json<number[]>(vm, ["node", "-e", REQUESTS, "127.0.0.1", "8000"]);
  report.add("HTTP requests within the machine", "1/s", rates, { bar: atLeast(3000) });
  server.kill();
  await server.exit;
}

async function rate(vm: Vm, line: string): Promise<number> {
  const started = performance.now();
  const { exitCode, stderr } = await vm.exec(line);
  if (exitCode !== 0) throw new Error(stderr);
  return DOWNLOAD / MB / ((performance.now() - started) / 1000);
}

async function json<T>(vm: Vm, argv: string[]): Promise<T> {
  const child = await vm.spawn(argv);
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  const { exitCode } = await child.exit;
  if (exitCode !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as T;
}
