/** The edge in a local workerd: machines in Durable Objects, asked over loopback HTTP. */
import { readFile } from "node:fs/promises";
import { nodePlatform } from "../../../src/platforms/node/platform.ts";
import { connect } from "../../../src/remote/client/connect.ts";
import { sizesOf } from "../../../worker/build.ts";
import { bundleEdge } from "../../../worker/bundle.ts";
import { EdgeClient, TOKEN } from "../../edge/client.ts";
import { EdgeServer } from "../../edge/server.ts";
import { atMost, type Report, time } from "../harness.ts";

const FILES = 1000;
const TEXT = "x".repeat(2047);
const WRITE_FILES = `text=$(printf "%2043s" x); for ((i = 0; i < ${FILES}; i++)); do echo "$text $i" > $i; done`;

export default async function edge(report: Report): Promise<void> {
  await using server = await EdgeServer.start({
    vars: { ISOPOD_TOKEN: TOKEN },
    entry: "../tests/edge/evictable.ts",
  });
  const client = new EdgeClient(server);
  const names = Array.from({ length: 60 }, (_, i) => `bench-${i}`);

  const created = await time(40, async () => {
    const name = names.pop() as string;
    await client.create(name);
    await client.output(name, "echo");
  });
  report.add("create to first echo", "ms", created, { bar: atMost(25) });

  const { name } = await client.create("warm");
  report.add("echo", "ms", await time(100, () => client.output(name, "echo")));
  const command = await time(100, () => client.output(name, "ls /"));
  report.add("wasm command of the bundle", "ms", command, { bar: atMost(12) });
  const loaded = await time(50, () => client.output(name, "date"));
  report.add("wasm command on demand, loaded before", "ms", loaded);

  const bare = await residentMegabytes(server.pid);
  const started = performance.now();
  await client.output(name, "node -e 0");
  report.add("node -e 0, the first of the isolate", "ms", [performance.now() - started]);
  const node = await time(30, () => client.output(name, "node -e 0"));
  report.add("node -e 0", "ms", node, { bar: atMost(100) });
  const idle = await residentMegabytes(server.pid);
  report.add("what the library and its booted heap take", "MB", [idle - bare], {
    note: "of workerd's resident memory",
  });
  await client.output(name, "node -e 'setTimeout(() => {}, 60000)' < /dev/null > /dev/null 2>&1 &");
  report.add("a Node process that waits", "MB", [(await residentMegabytes(server.pid)) - idle]);
  await client.output(name, "kill -9 -1 || true");

  const vm = await connect(server.url, { token: TOKEN }).vm(name);
  const shell = await time(10, (turn) =>
    client.output(name, `mkdir s${turn}; cd s${turn}; ${WRITE_FILES}; sync`),
  );
  report.add("1,000 files of 2 KB written by the shell and committed", "ms", shell, {
    bar: atMost(150),
  });
  const api = await time(10, async (turn) => {
    await vm.fs.mkdir(`/home/user/a${turn}`);
    const writes = Array.from({ length: FILES }, (_, i) =>
      vm.fs.writeFile(`/home/user/a${turn}/${i}`, `${TEXT}${i}`),
    );
    await Promise.all(writes);
    await vm.exec("sync");
  });
  report.add("the same by vm.fs of a client", "ms", api);
  await vm.dispose();

  const resumed: number[] = [];
  for (let turn = 0; turn < 20; turn += 1) {
    await client.fetch(`/vms/${name}/evict`).catch(() => {});
    const started = performance.now();
    await client.output(name, "echo");
    resumed.push(performance.now() - started);
  }
  report.add("after an eviction, to the next echo", "ms", resumed, { bar: atMost(60) });

  const bundle = await bundleEdge("../src/edge.ts", () => nodePlatform.openImage());
  const { codeBytes, commands, commandBytes } = sizesOf(bundle);
  report.add("Worker without commands, gzipped", "kB", [codeBytes / 1000], { bar: atMost(1000) });
  report.add("Worker with its core commands, gzipped", "kB", [(codeBytes + commandBytes) / 1000], {
    bar: atMost(10_000),
    note: `${commands} modules`,
  });
}

async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
