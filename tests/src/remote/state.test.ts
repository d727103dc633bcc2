/** Snapshots and forks of machines elsewhere. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer, type TestServer } from "./server.ts";

let remote: TestServer;
beforeAll(async () => {
  remote = await startServer();
});
afterAll(() => remote[Symbol.asyncDispose]());

test("a machine is committed, kept as a snapshot, compared and begun again", async () => {
  await using vm = await remote.host.createVm({ name: "kept" });
  await vm.exec("echo one > file");
  const first = await vm.snapshot("first");
  expect(first).toMatchObject({ name: "first", store: { type: "memory", name: "remote" } });
  await vm.exec("echo two > file; touch new");
  const second = await vm.commit();
  expect(second.tree).not.toBe(first.tree);
  expect(await vm.diff(first, second)).toEqual({
    added: ["/home/user/new"],
    changed: ["/home/user", "/home/user/file"],
    removed: [],
  });
  expect((await vm.snapshots()).map(({ name }) => name)).toContain("first");
  await expect(vm.snapshot("first")).rejects.toMatchObject({ code: "ERR_SNAPSHOT_EXISTS" });
});

test("a fork is a machine of its own, found by its name", async () => {
  await using vm = await remote.host.createVm({ name: "parent", env: { A: "1" } });
  await vm.exec("echo shared > file");
  await using fork = await vm.fork({ name: "child", env: { B: "2" } });
  await fork.exec("echo changed > file");
  expect((await vm.exec("cat file")).stdout).toBe("shared\n");
  expect((await fork.exec("cat file; echo $A$B")).stdout).toBe("changed\n12\n");
  const names = (await remote.host.list()).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["parent", "child"]));
  await expect(vm.fork({ name: "child" })).rejects.toMatchObject({ code: "ERR_MACHINE_EXISTS" });
  const before = names.length;
  const nameless = await vm.fork();
  expect(await remote.host.list()).toHaveLength(before + 1);
  await nameless.dispose();
  await using again = await remote.host.vm("child");
  expect((await again.exec("cat file")).stdout).toBe("changed\n");
});

test("the same over HTTP", async () => {
  const send = (method: string, path: string, body?: object) =>
    remote.fetch(`/vms/${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
  await send("POST", "", { name: "plain" });
  await send("PUT", "plain/files/tmp/x", {});
  const made = await send("POST", "plain/snapshots", { name: "plain-1" });
  expect([made.status, await made.json()]).toMatchObject([201, { name: "plain-1" }]);
  await remote.fetch("/vms/plain/files/tmp/y", { method: "PUT", body: "y" });
  const { snapshots } = await (await send("GET", "plain/snapshots")).json();
  expect(snapshots.map(({ name }: { name: string }) => name)).toContain("plain-1");
  expect(snapshots[0].store).toBeUndefined();
  expect(await (await send("GET", "plain/diff?from=plain-1")).json()).toMatchObject({
    added: ["/tmp/y"],
  });
  const forked = await send("POST", "plain/fork", { name: "plain-fork" });
  expect([forked.status, forked.headers.get("location")]).toEqual([201, "/vms/plain-fork"]);
  expect((await send("GET", "plain-fork/files/tmp/y")).status).toBe(200);
  await send("POST", "", { name: "from-snapshot", from: "plain-1" });
  expect((await send("GET", "from-snapshot/files/tmp/y")).status).toBe(404);
  expect((await send("GET", "from-snapshot/files/tmp/x")).status).toBe(200);
  expect((await send("DELETE", "plain/snapshots/plain-1")).status).toBe(204);
  for (const [method, path, body, status] of [
    ["DELETE", "plain/snapshots/plain-1", undefined, 404],
    ["POST", "plain/snapshots", { name: "../x" }, 400],
    ["POST", "plain/fork", {}, 400],
    ["POST", "plain/fork", { name: "plain" }, 409],
    ["POST", "", { name: "new", from: "nothing" }, 404],
    ["GET", "plain/diff", undefined, 400],
    ["GET", "plain/diff?from=nothing", undefined, 404],
    ["GET", "nobody/snapshots", undefined, 404],
  ] as const) {
    expect((await send(method, path, body)).status, `${method} ${path}`).toBe(status);
  }
});
