/** The edge in a local workerd: machines in Durable Objects, asked over loopback HTTP. */
import { EdgeClient, TOKEN } from "../../edge/client.ts";
import { EdgeServer } from "../../edge/server.ts";
import { atMost, type Report, time } from "../harness.ts";

const FILES = 1000;
const WRITE_FILES = `cd /home/user && mkdir many && cd many && text=$(printf '%2047s' x) && for ((i = 0; i < ${FILES}; i++)); do echo "$text" > $i; done`;

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
}
