/** Connections that are cut: what was under way goes on; who never comes back leaves nothing behind. */
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { connect, type RemoteHost } from "../../../src/remote/client/connect.ts";
import type { Vm } from "../../../src/vm.ts";
import { type CuttingProxy, startProxy } from "./proxy.ts";
import { startServer, type TestServer, TOKEN } from "./server.ts";
import { until } from "./until.ts";

let remote: TestServer;
let proxy: CuttingProxy;
let host: RemoteHost;
beforeAll(async () => {
  remote = await startServer();
});
afterAll(() => remote[Symbol.asyncDispose]());
beforeEach(async () => {
  proxy = await startProxy(remote.url);
  host = connect(proxy.url, { token: TOKEN });
});
afterEach(() => proxy[Symbol.asyncDispose]());

test("a command under way ends as if nothing had happened, and runs once", async () => {
  await using vm = await host.createVm();
  const running = vm.exec("echo begun >> /tmp/log; sleep 0.4; echo done");
  await until(() => vm.exec("cat /tmp/log").then(({ stdout }) => stdout === "begun\n"));
  proxy.cut();
  expect((await running).stdout).toBe("done\n");
  expect((await vm.exec("cat /tmp/log")).stdout).toBe("begun\n");
  expect(proxy.connections).toBeGreaterThan(1);
});

test("streams that are cut again and again lose and double nothing", async () => {
  await using vm = await host.createVm();
  const count = 400_000;
  proxy.cutAfter = 700_000;
  proxy.cut();
  const child = await vm.spawn(["bash", "-c", `tee /tmp/copy | wc -c >&2; seq ${count}`]);
  const writer = child.stdin.getWriter();
  const errors = text(child.stderr as never);
  for (let i = 0; i < 30; i++) await writer.write(new Uint8Array(100_000).fill(i));
  await writer.close();
  const output = await text(child.stdout as never);
  expect(await errors).toBe("3000000\n");
  expect(output.length).toBe(2_688_895);
  expect(output.endsWith(`\n${count}\n`)).toBe(true);
  expect(proxy.connections).toBeGreaterThan(6);
  expect((await child.exit).exitCode).toBe(0);
});

test("a terminal is where it was", async () => {
  await using vm = await host.createVm();
  const terminal = await vm.openTerminal({ argv: ["bash", "--norc"], env: { PS1: "> " } });
  let screen = "";
  terminal.onData((data) => {
    screen += new TextDecoder().decode(data);
  });
  await terminal.write("here=mark\n");
  proxy.cut();
  await terminal.write('echo "<$here>"\n');
  await until(() => screen.includes("<mark>\r\n"));
});

test("a server that cannot be reached fails what waits; it is asked again at the next call", async () => {
  const vm = await host.createVm({ name: "unreachable" });
  proxy.open = false;
  proxy.cut();
  // The machine's own server is still there: the wait for it ends when it answers again.
  const waiting = vm.exec("echo back");
  await until(() => proxy.connections > 3);
  proxy.open = true;
  expect((await waiting).stdout).toBe("back\n");
  await vm.dispose();
  await remote.host.remove("unreachable");
});

test("a client that leaves hangs its processes up and closes its descriptors", async () => {
  await remote.host.createVm({ name: "left" });
  await using watcher = await remote.host.vm("left");
  const vm = await remote.host.vm("left");
  await vm.spawn(["sleep", "1000"]);
  await vm.openTerminal({ argv: ["bash", "--norc"] });
  const running = vm.exec("sleep 1001");
  const ended = expect(running).rejects.toMatchObject({ code: "ERR_VM_DISPOSED" });
  await using kept = await watcher.spawn(["sleep", "1002"]);
  const begun = ["bash --norc", "sleep 1000", "sleep 1001", "sleep 1002"];
  await until(async () => {
    const now = await commands(watcher);
    return begun.every((command) => now.includes(command));
  });
  await vm.dispose();
  await ended;
  await until(async () => (await commands(watcher)).join() === "sleep 1002");
  await kept.kill("SIGKILL");
  await remote.host.remove("left");
});

async function commands(vm: Vm): Promise<string[]> {
  return (await vm.processes())
    .filter(({ state }) => state !== "zombie")
    .map(({ argv }) => argv.join(" "))
    .sort();
}

test("a temporary machine goes with its last client", async () => {
  const before = (await remote.host.list()).length;
  const vm = await remote.host.createVm();
  expect(await remote.host.list()).toHaveLength(before + 1);
  await vm.dispose();
  await until(async () => (await remote.host.list()).length === before);
});

test("a session that the server has let go fails what waits, and the next call begins anew", async () => {
  const vm = await host.createVm({ name: "let-go" });
  const child = await vm.spawn(["sleep", "1000"]);
  const waiting = expect(child.exit).rejects.toMatchObject({ code: "ERR_CONNECTION_LOST" });
  await remote.server.close();
  await waiting;
  expect((await vm.exec("echo anew")).stdout).toBe("anew\n");
  await expect(vm.fs.open("/etc/passwd").then((file) => file.close())).resolves.toBeUndefined();
  await vm.dispose();
  await remote.host.remove("let-go");
});

test("who never greeted is told why", async () => {
  await expect(connect(remote.url, { token: "wrong" }).vm("x")).rejects.toMatchObject({
    code: "ERR_UNAUTHORIZED",
  });
  await expect(host.vm("nobody")).rejects.toMatchObject({ code: "ERR_NO_SUCH_MACHINE" });
  await proxy[Symbol.asyncDispose]();
  await expect(host.vm("nobody")).rejects.toMatchObject({ code: "ERR_UNREACHABLE" });
  await expect(host.createVm()).rejects.toThrow(/cannot be reached/);
});
