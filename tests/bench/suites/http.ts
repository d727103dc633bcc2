/** HTTP into a machine and inside of it: what one request costs, and how many there are in a second. */
import { createVm, type Vm } from "../../../src/index.ts";
import { atLeast, atMost, type Report, time } from "../harness.ts";

const PORT = 3000;
const SERVER = `require("node:http").createServer((request, response) => {
  response.end("hello");
}).listen(${PORT}, "127.0.0.1");`;

/** Keeps connections, and so many requests under way. */
const CLIENT = (count: number, atOnce: number) => `
const http = require("node:http");
const agent = new http.Agent({ keepAlive: true, maxSockets: ${atOnce} });
let left = ${count}, open = 0;
const started = performance.now();
function next() {
  if (left-- <= 0) return;
  open++;
  http.get({ port: ${PORT}, host: "127.0.0.1", agent }, (response) => {
    response.resume();
    response.on("end", () => {
      if (--open === 0 && left <= 0) {
        console.log(performance.now() - started);
        process.exit();
      }
      next();
    });
  });
}
for (let i = 0; i < ${atOnce}; i++) next();
`;

export default async function http(report: Report): Promise<void> {
  await using vm = await createVm();
  await vm.fs.writeFile("/tmp/server.cjs", SERVER);
  await vm.spawn(["node", "/tmp/server.cjs"]);
  await vm.waitForPort(PORT);
  const ask = async () => (await vm.fetch(PORT, "/")).text();
  report.add("vm.fetch, one after the other", "ms", await time(300, ask, 100), {
    bar: atMost(1.5),
  });
  const post = async () =>
    (await vm.fetch(PORT, "/", { method: "POST", body: new Uint8Array(1 << 16) })).text();
  report.add("vm.fetch with 64 KiB", "ms", await time(100, post, 20));
  report.add("vm.fetch, 16 at once", "requests/s", await rates(ask));
  const count = 3000;
  const inside = [];
  for (let turn = 0; turn < 3; turn++) inside.push(count / (await clientSeconds(vm, count)));
  report.add("loopback HTTP inside the machine, 64 at once", "requests/s", inside, {
    bar: atLeast(3000),
  });
}

async function rates(ask: () => Promise<unknown>): Promise<number[]> {
  const samples = await time(10, async () => {
    const lane = async () => {
      for (let i = 0; i < 10; i++) await ask();
    };
    await Promise.all(Array.from({ length: 16 }, lane));
  });
  return samples.map((milliseconds) => 160_000 / milliseconds);
}

async function clientSeconds(vm: Vm, count: number): Promise<number> {
  await vm.fs.writeFile("/tmp/client.cjs", CLIENT(count, 64));
  const { stdout } = await vm.exec("node /tmp/client.cjs");
  return Number(stdout) / 1000;
}
