/** States of a machine at the edge: snapshots, forks, and ways to other places and back. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copyMachine, createVm, directoryStore, moveMachine } from "../../src/index.ts";
import { connect, type RemoteHost } from "../../src/remote/client/connect.ts";
import { EdgeClient, TOKEN } from "./client.ts";
import { EdgeServer } from "./server.ts";

let server: EdgeServer;
let client: EdgeClient;
let host: RemoteHost;

beforeAll(async () => {
  server = await EdgeServer.start({ vars: { ISOPOD_TOKEN: TOKEN } });
  client = new EdgeClient(server);
  host = connect(server.url, { token: TOKEN });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

describe("snapshots", () => {
  test("are kept with the machine, past a kill", async () => {
    const vm = await host.createVm({ name: "shot" });
    await vm.exec("echo one > file");
    const first = await vm.snapshot("first");
    await vm.exec("echo two > file; echo new > other");
    const second = await vm.snapshot("second");
    expect(second.tree).not.toBe(first.tree);
    await vm.dispose();
    await server.kill();
    await server.restart();
    host = connect(server.url, { token: TOKEN });
    const again = await host.vm("shot");
    expect((await again.snapshots()).map(({ name }) => name)).toEqual(
      expect.arrayContaining(["first", "second"]),
    );
    expect(await again.fs.readFile("/home/user/file", "utf8")).toBe("two\n");
    await again.dispose();
  });
});

describe("forks", () => {
  test("begin with the files, are reached with the machine's token, and go their own way", async () => {
    const vm = await host.createVm({ name: "tree", env: { SIDE: "parent" } });
    await vm.exec("mkdir d; echo shared > d/file; seq 1 20000 > d/large");
    const fork = await vm.fork({ env: { SIDE: "fork" } });
    expect((await fork.exec("cat d/file; tail -n 1 d/large; echo $SIDE")).stdout).toBe(
      "shared\n20000\nfork\n",
    );
    await fork.exec("echo changed > d/file");
    expect((await vm.exec("cat d/file; echo $SIDE")).stdout).toBe("shared\nparent\n");
    await fork.dispose();
    await vm.dispose();
  });

  test("under a name of the machine's; no other name is free for them", async () => {
    const vm = await host.createVm({ name: "named" });
    await vm.exec("echo x > file");
    const fork = await vm.fork({ name: "named.fork.one" });
    await fork.dispose();
    expect(await client.output("named.fork.one", "cat file")).toBe("x\n");
    await expect(vm.fork({ name: "named.fork.one" })).rejects.toThrow("already");
    await expect(vm.fork({ name: "elsewhere" })).rejects.toThrow("named.fork.");
    await expect(client.create("named.fork.two")).rejects.toThrow("no name for a new machine");
    await vm.dispose();
  });
});

describe("travel", () => {
  test("to a directory of Node's and back, with what changed there", async () => {
    const folder = await mkdtemp(join(tmpdir(), "isopod-travel-"));
    try {
      const store = directoryStore(folder);
      const there = { host, name: "traveller" };
      const here = { store, name: "traveller" };
      const before = await host.createVm({ name: "traveller", env: { FROM: "edge" } });
      await before.exec("seq 1 30000 > numbers; mkdir -p a/b; echo deep > a/b/c");
      const { tree } = await before.commit();
      await before.dispose();

      const sent = await moveMachine(there, here);
      expect(sent.tree).toBe(tree);
      const gone = await client.execRaw("traveller", "true", "application/json");
      expect(gone.status).toBe(410);

      const local = await createVm(here);
      expect((await local.exec("cat a/b/c; tail -n 1 numbers; echo $FROM")).stdout).toBe(
        "deep\n30000\nedge\n",
      );
      await local.exec("echo changed > a/b/c");
      const changed = await local.commit();
      await local.dispose();

      const back = await moveMachine(here, there);
      expect(back.tree).toBe(changed.tree);
      expect(back.bytes).toBeLessThan(sent.bytes * 0.05);
      expect(await client.output("traveller", "cat a/b/c; tail -n 1 numbers; echo $FROM")).toBe(
        "changed\n30000\nedge\n",
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("a copy to another machine of the edge", async () => {
    await client.create("original");
    await client.output("original", "echo x > file; sync");
    await copyMachine({ host, name: "original" }, { host, name: "duplicate" });
    expect(await client.output("duplicate", "cat file")).toBe("x\n");
    expect(await client.output("original", "cat file")).toBe("x\n");
    const again = copyMachine({ host, name: "original" }, { host, name: "shot" });
    await expect(again).rejects.toThrow("already");
  });
});
