/** Machines on their way: between servers and directories, whole or cut, back again. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  connect,
  copyMachine,
  createVm,
  directoryStore,
  type MachinePlace,
  moveMachine,
} from "../../../src/index.ts";
import type { Vm } from "../../../src/vm.ts";
import { startProxy } from "./proxy.ts";
import { startServer, type TestServer, TOKEN } from "./server.ts";
import { until } from "./until.ts";

let folder: string;
let left: TestServer;
let right: TestServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "isopod-travel-"));
  left = await startServer({}, join(folder, "left"));
  right = await startServer({}, join(folder, "right"));
});
afterAll(async () => {
  await left[Symbol.asyncDispose]();
  await right[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const local = (name: string): MachinePlace => ({
  store: directoryStore(join(folder, "local")),
  name,
});
const treeOf = async (vm: Vm) => (await vm.commit()).tree;

test("from a directory to a server, on to another, and back: the same files at each stop", async () => {
  const store = directoryStore(join(folder, "local"));
  const vm = await createVm({ store, name: "wanderer", env: { HOME_IS: "here" }, cwd: "/tmp" });
  await vm.exec("seq 200000 > big; mkdir -p a/b; echo x > a/b/c; ln -s big link; chmod 640 a/b/c");
  await vm.fs.writeFile("/home/user/zeros", new Uint8Array(3 << 20));
  const tree = await treeOf(vm);
  await vm.dispose();

  const places: MachinePlace[] = [
    local("wanderer"),
    { host: left.host, name: "wanderer" },
    { host: right.host, name: "visitor" },
    local("wanderer"),
  ];
  for (let i = 1; i < places.length; i++) {
    const [from, to] = [places[i - 1] as MachinePlace, places[i] as MachinePlace];
    const report = await moveMachine(from, to);
    expect(report.tree).toBe(tree);
    // The way back finds nearly all of it where it began.
    if (i === 3) expect(report.bytes).toBeLessThan(2000);
    else expect(report.bytes).toBeGreaterThan(1_000_000);
    if (!("host" in to)) continue;
    await using there = await to.host.vm(to.name);
    expect(await treeOf(there)).toBe(tree);
    expect((await there.exec("pwd; echo $HOME_IS; tail -n 1 big")).stdout).toBe(
      "/tmp\nhere\n200000\n",
    );
    // What was run has left the times of what it read.
    await there.dispose();
  }
  expect(await left.host.list()).toEqual([]);
  expect(await right.host.list()).toEqual([]);
  await expect(left.host.vm("wanderer")).rejects.toMatchObject({ code: "ERR_MACHINE_MOVED" });
});

test("a copy leaves the machine running; a small change then sends little", async () => {
  await using vm = await left.host.createVm({ name: "original" });
  await vm.exec("seq 300000 > numbers; mkdir many; for i in {1..300}; do echo $i > many/$i; done");
  const sleeper = await vm.spawn(["sleep", "1000"]);
  const first = await copyMachine({ host: left.host, name: "original" }, local("copy"));
  expect(first.bytes).toBeGreaterThan(500_000);
  expect(await treeOf(vm)).toBe(first.tree);
  await vm.exec("echo changed > many/7");
  const progress: number[] = [];
  const second = await copyMachine(
    { host: left.host, name: "original" },
    { host: right.host, name: "second" },
  );
  expect(second.bytes).toBeGreaterThan(500_000);
  await vm.exec("echo changed > many/8");
  const third = await copyMachine({ host: left.host, name: "original" }, local("again"), {
    onProgress: ({ bytes }) => progress.push(bytes),
  });
  // The directory has the first copy's chunks.
  expect(third.bytes).toBeLessThan(first.bytes / 20);
  expect(progress.at(-1)).toBe(third.bytes);
  expect((await vm.processes()).map(({ pid }) => pid)).toContain(sleeper.pid);
  await sleeper.kill("SIGKILL");
  const store = directoryStore(join(folder, "local"));
  await using again = await createVm({ store, name: "again" });
  expect((await again.exec("cat many/7 many/8; ls many | wc -l")).stdout).toBe(
    "changed\nchanged\n300\n",
  );
});

test("a move ends its sessions, and takes the shell's history along", async () => {
  const vm = await left.host.createVm({ name: "typed" });
  const terminal = await vm.openTerminal();
  let screen = "";
  terminal.onData((data) => {
    screen += new TextDecoder().decode(data);
  });
  await until(() => screen.includes("$\x1b[0m "));
  await terminal.write("echo remember $((40 + 2))\r");
  await until(() => screen.includes("remember 42"));
  const ended = expect(terminal.exit).rejects.toMatchObject({ code: "ERR_CONNECTION_LOST" });
  await moveMachine({ host: left.host, name: "typed" }, { host: right.host, name: "typed" });
  await ended;
  await expect(vm.exec("true")).rejects.toMatchObject({ code: "ERR_MACHINE_MOVED" });
  await using there = await right.host.vm("typed");
  expect(await there.fs.readFile("/home/user/.bash_history", "utf8")).toBe(
    "echo remember $((40 + 2))\n",
  );
});

test("a way that is cut again and again is gone to its end", async () => {
  const vm = await left.host.createVm({ name: "cut" });
  await vm.fs.writeFile("/home/user/random", crypto.getRandomValues(new Uint8Array(60_000)));
  const { stdout } = await vm.exec("for i in {1..60}; do cat random; done > large; sha1sum large");
  const tree = await treeOf(vm);
  await vm.dispose();
  await using toRight = await startProxy(right.url);
  await using toLeft = await startProxy(left.url);
  toRight.cutAfter = 1_500_000;
  toLeft.cutAfter = 2_500_000;
  const report = await moveMachine(
    { host: connect(toLeft.url, { token: TOKEN }), name: "cut" },
    { host: connect(toRight.url, { token: TOKEN }), name: "cut" },
  );
  expect(report.tree).toBe(tree);
  expect(toRight.connections).toBeGreaterThan(3);
  await using there = await right.host.vm("cut");
  expect((await there.exec("sha1sum large")).stdout).toBe(stdout);
});

test("what does not arrive is not gone", async () => {
  const vm = await left.host.createVm({ name: "stays" });
  await vm.exec("echo here > file");
  await vm.dispose();
  const from = { host: left.host, name: "stays" };
  await right.host.createVm({ name: "taken" });
  await expect(moveMachine(from, { host: right.host, name: "taken" })).rejects.toMatchObject({
    code: "ERR_MACHINE_EXISTS",
  });
  const nobody = connect(right.url, { token: "wrong-token-wrong-token" });
  await expect(moveMachine(from, { host: nobody, name: "x" })).rejects.toMatchObject({
    code: "ERR_UNAUTHORIZED",
  });
  const abort = new AbortController();
  abort.abort();
  await expect(
    moveMachine(from, { host: right.host, name: "y" }, { signal: abort.signal }),
  ).rejects.toThrow();
  await expect(moveMachine({ host: left.host, name: "nobody" }, local("z"))).rejects.toMatchObject({
    code: "ERR_NO_SUCH_MACHINE",
  });
  await using still = await left.host.vm("stays");
  expect((await still.exec("cat file")).stdout).toBe("here\n");
  expect((await right.host.list()).map(({ name }) => name)).not.toContain("y");
});

test("who has a machine switched on keeps it", async () => {
  const store = directoryStore(join(folder, "local"));
  await using vm = await createVm({ store, name: "mine" });
  await vm.commit();
  await expect(moveMachine(local("mine"), { host: left.host, name: "mine" })).rejects.toMatchObject(
    { code: "ERR_STORE_BUSY" },
  );
  await copyMachine(local("mine"), { host: left.host, name: "mine" });
});

test("a hostile sender is refused", async () => {
  const { encodeValue } = await import("../../../src/remote/values.ts");
  const ask = (action: string, value: unknown) =>
    right.fetch(`/vms/victim/travel/${action}`, {
      method: "POST",
      body: encodeValue(value) as Uint8Array<ArrayBuffer>,
    });
  const hash = "0".repeat(64);
  const bytes = new Uint8Array(10);
  for (const [action, value] of [
    ["put", { chunks: [{ hash, bytes }] }],
    ["put", { chunks: [{ hash: "../../etc/passwd", bytes }] }],
    ["put", { chunks: [{ hash, bytes: new Uint8Array((1 << 20) + 1) }] }],
    ["put", { chunks: "all" }],
    ["put", undefined],
    ["missing", { nodes: new Array(5000).fill(hash), contents: [] }],
    ["missing", { nodes: [1], contents: [] }],
    ["read", { hashes: ["x"] }],
    ["arrive", { root: hash }],
    ["arrive", {}],
    ["moved", {}],
    ["depart", { move: true }],
    ["constructor", {}],
    ["", {}],
  ] as const) {
    const { status } = await ask(action, value);
    expect([400, 404, 409, 413, 500], `${action} ${status}`).toContain(status);
  }
  const garbage = { method: "POST", body: "\xff\xff" };
  expect((await right.fetch("/vms/victim/travel/put", garbage)).status).toBe(400);
  expect((await right.host.list()).map(({ name }) => name)).not.toContain("victim");
  expect((await ask("read", { hashes: [hash] })).status).toBe(200);
});

test("a server without a store says why nothing travels", async () => {
  await using bare = await startServer();
  await bare.host.createVm({ name: "here" });
  await expect(copyMachine({ host: bare.host, name: "here" }, local("bare"))).rejects.toMatchObject(
    { code: "ERR_CANNOT_TRAVEL" },
  );
});
