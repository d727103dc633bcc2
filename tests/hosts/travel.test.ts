/** One machine on its way through all hosts: from a tab to the edge, to Node, and back into the tab. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, moveMachine } from "../../src/index.ts";
import { type Tab, testBrowser } from "../browser/tab.ts";
import { TOKEN } from "../edge/client.ts";
import { EdgeServer } from "../edge/server.ts";
import { TOKEN as NODE_TOKEN, startServer, type TestServer } from "../src/remote/server.ts";

const tabs = testBrowser();
let tab: Tab;
let edge: EdgeServer;
let node: TestServer;
let folder: string;

beforeAll(async () => {
  tab = await tabs.open();
  const origin = tab.server.url.replace(/\/$/, "");
  folder = await mkdtemp(join(tmpdir(), "isopod-travel-"));
  edge = await EdgeServer.start({ vars: { ISOPOD_TOKEN: TOKEN, ISOPOD_ORIGINS: origin } });
  node = await startServer({ origins: [origin] }, folder);
});

afterAll(async () => {
  await node?.[Symbol.asyncDispose]();
  await edge?.[Symbol.asyncDispose]();
  await tab?.[Symbol.asyncDispose]();
  if (folder) await rm(folder, { recursive: true });
});

const FILL = `
  seq 200000 > big; mkdir -p a/b; for i in {1..200}; do echo $i > a/b/$i; done
  ln -s big link; ln big hard; chmod 4750 a/b/7; touch -d 2001-02-03T04:05:06.789 a/b/8; rm .profile`;
const LOOK =
  "pwd; echo $FROM; tail -n 1 hard; readlink link; ls a/b | wc -l; ls -A | sort; cat note";

test("a machine goes from a tab to the edge, to Node and back, and is the same at each stop", async () => {
  const start = await tab.page.evaluate(
    async ({ fill, look }) => {
      const store = isopod.indexedDbStore();
      const vm = await isopod.createVm({
        store,
        name: "pilgrim",
        env: { FROM: "tab" },
        cwd: "/home/user",
      });
      await vm.exec(fill);
      await vm.fs.writeFile("/home/user/note", "from the tab\n");
      const { stdout } = await vm.exec(look);
      const { tree } = await vm.commit();
      await vm.dispose();
      return { tree, stdout };
    },
    { fill: FILL, look: LOOK },
  );
  expect(start.stdout).toContain("from the tab");
  const atEdge = connect(edge.url, { token: TOKEN });

  const intoEdge = await leaveTab();
  expect(intoEdge.tree).toBe(start.tree);
  const intoNode = await moveMachine(
    { host: atEdge, name: "pilgrim" },
    { host: node.host, name: "pilgrim" },
  );
  expect(intoNode.tree).toBe(start.tree);
  const intoTab = await enterTab();
  expect(intoTab.tree).toBe(start.tree);
  // The tab has kept nothing of what it gave away but what a sweep has not taken yet.
  expect(intoTab.chunks).toBeLessThanOrEqual(intoEdge.chunks);

  const changed = await tab.page.evaluate(async (look) => {
    const store = isopod.indexedDbStore();
    const vm = await isopod.createVm({ store, name: "pilgrim" });
    const before = (await vm.exec(look)).stdout;
    await vm.fs.writeFile("/home/user/note", "changed at home\n");
    const { tree } = await vm.commit();
    await vm.dispose();
    return { before, tree };
  }, LOOK);
  expect(changed.before).toBe(start.stdout);

  const second = await leaveTab();
  expect(second.tree).toBe(changed.tree);
  expect(second.bytes).toBeLessThan(intoEdge.bytes / 20);
  await using there = await atEdge.vm("pilgrim");
  expect((await there.exec(LOOK)).stdout).toBe(
    start.stdout.replace("from the tab", "changed at home"),
  );
});

/** From the tab to the edge, by the page itself. */
function leaveTab() {
  return tab.page.evaluate(
    ({ url, token }) =>
      isopod.moveMachine(
        { store: isopod.indexedDbStore(), name: "pilgrim" },
        { host: isopod.connect(url, { token }), name: "pilgrim" },
      ),
    { url: edge.url, token: TOKEN },
  );
}

function enterTab() {
  return tab.page.evaluate(
    ({ url, token }) =>
      isopod.moveMachine(
        { host: isopod.connect(url, { token }), name: "pilgrim" },
        { store: isopod.indexedDbStore(), name: "pilgrim" },
      ),
    { url: node.url, token: NODE_TOKEN },
  );
}
