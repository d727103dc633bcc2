/** What a machine keeps: past a kill of workerd, past an eviction, with its clients attached. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect } from "../../src/remote/client/connect.ts";
import { EdgeClient, Screen, TOKEN } from "./client.ts";
import { EdgeServer } from "./server.ts";

let server: EdgeServer;
let client: EdgeClient;

beforeAll(async () => {
  server = await EdgeServer.start({
    vars: { ISOPOD_TOKEN: TOKEN },
    entry: "../tests/edge/evictable.ts",
  });
  client = new EdgeClient(server);
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const uptime = async (name: string): Promise<number> =>
  Number(await client.output(name, "cut -d. -f1 /proc/uptime"));

describe("a kill of workerd", () => {
  test("what was synced is there", async () => {
    await client.create("killed", { env: { COLOUR: "blue" }, hostname: "stays" });
    await client.output("killed", "mkdir -p a/b; seq 1 5000 > a/b/numbers; ln -s numbers a/b/link");
    await client.output("killed", "chmod 640 a/b/numbers; sync; echo later > unsynced");
    await server.kill();
    await server.restart();
    expect(await client.output("killed", "md5sum < a/b/link; stat -c %a a/b/numbers")).toBe(
      await client.output("killed", "seq 1 5000 | md5sum; echo 640"),
    );
    expect(await client.output("killed", "echo $COLOUR $(hostname)")).toBe("blue stays\n");
  });

  test("in the middle of writes: every acknowledged one is there", async () => {
    await client.create("torn");
    let acknowledged = 0;
    for (let round = 0; round < 5; round++) {
      const writes = (async () => {
        for (let i = 0; i < 1000; i++) {
          const next = acknowledged + 1;
          await client.output("torn", `echo ${next} >> log; sync`);
          acknowledged = next;
        }
      })();
      writes.catch(() => {});
      const reached = acknowledged + 2 + round;
      await expect.poll(() => acknowledged, { interval: 1 }).toBeGreaterThanOrEqual(reached);
      await server.kill();
      await writes.catch(() => {});
      await server.restart();
      const lines = (await client.output("torn", "cat log")).trimEnd().split("\n").map(Number);
      // The last may have arrived without an answer.
      expect(lines.length - acknowledged).toBeGreaterThanOrEqual(0);
      expect(lines.length - acknowledged).toBeLessThanOrEqual(1);
      expect(lines).toEqual(lines.map((_, i) => i + 1));
      acknowledged = lines.length;
    }
    expect(acknowledged).toBeGreaterThan(5);
  });
});

describe("an eviction", () => {
  test("the machine boots again with its files", async () => {
    await client.create("evicted");
    await client.output("evicted", "echo kept > file; sync");
    await client.fetch("/vms/evicted/evict").catch(() => {});
    expect(await client.output("evicted", "cat file")).toBe("kept\n");
  });

  test("in its sleep: clients that were attached go on", { timeout: 240_000 }, async () => {
    await client.create("asleep");
    const vm = await connect(server.url, { token: TOKEN }).vm("asleep");
    const socket = await client.open("/vms/asleep/terminal?cols=120&rows=40");
    const screen = new Screen(socket);
    await vm.fs.writeFile("/home/user/note", "written before");
    screen.type("old=shell; cd /tmp; stty size\r");
    await screen.shows("40 120");
    socket.send(JSON.stringify({ type: "resize", cols: 100, rows: 30 }));
    // Nothing asks for a commit: it comes by itself before the machine sleeps.
    await slept("asleep", async () => vm.exec("true"));

    expect(await vm.fs.readFile("/home/user/note", "utf8")).toBe("written before");
    screen.text = "";
    screen.type("echo size $(stty size) [$old]\r");
    await screen.shows("the machine was asleep; its files are here, and this is a new shell");
    await screen.shows("size 30 100 []");
    socket.close();
    await vm.dispose();
  });
});

/**
 * Leaves the machine alone until it was forgotten and booted again; workerd does that after ten seconds
 * in which nobody asks.
 */
async function slept(name: string, wake: () => Promise<unknown>): Promise<void> {
  for (let seconds = 12; ; seconds += 6) {
    const before = await uptime(name);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    await wake();
    if ((await uptime(name)) < before + seconds - 1) return;
  }
}
