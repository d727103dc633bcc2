/** `connect(port)`: the same API behind a MessagePort, as of a tab's Worker. */
import { MessageChannel } from "node:worker_threads";
import { afterAll, beforeAll, expect, test } from "vitest";
import { baseImagePresent } from "../../../src/images/base-image-present.ts";
import { connect, type RemoteHost } from "../../../src/remote/client/connect.ts";
import type { Port } from "../../../src/remote/port.ts";
import { serveMachines } from "../../../src/serve-machines.ts";
import { until } from "./until.ts";

let host: RemoteHost;
let end: () => void;
beforeAll(async () => {
  await baseImagePresent();
  const { port1, port2 } = new MessageChannel();
  const stop = serveMachines(port1 as unknown as Port);
  host = connect(port2 as unknown as Port);
  end = () => {
    stop();
    port1.close();
  };
});
afterAll(() => end());

test("machines are made, used, listed and removed", async () => {
  const vm = await host.createVm({ name: "ported" });
  expect((await vm.exec("cat; exit 2", { stdin: "x".repeat(3 << 20) })).stdout).toHaveLength(
    3 << 20,
  );
  await vm.fs.writeFile("/tmp/file", "text");
  expect(await vm.fs.readFile("/tmp/file", "utf8")).toBe("text");
  expect(await host.list()).toMatchObject([{ name: "ported", state: "on" }]);
  await vm.dispose();
  await host.remove("ported");
  expect(await host.list()).toEqual([]);
});

test("what is refused says why", async () => {
  await expect(host.vm("nobody")).rejects.toMatchObject({ code: "ERR_NO_SUCH_MACHINE" });
  await expect(host.createVm({ cwd: "relative" })).rejects.toMatchObject({
    code: "ERR_INVALID_OPTION",
  });
});

test("a client that leaves ends what it started", async () => {
  await using watcher = await host.createVm({ name: "watched" });
  const vm = await host.vm("watched");
  await vm.spawn(["sleep", "1000"]);
  await vm.dispose();
  await until(async () => (await watcher.processes()).length === 0);
});
