/** A page's machines behind a port: another script of it, a frame or a worker uses them by `connect`. */
import { expect, test } from "vitest";
import { testBrowser } from "./tab.ts";

const tabs = testBrowser();

test("connect(port) gives the same machines as the page's own", async () => {
  await using tab = await tabs.open();
  const result = await tab.page.evaluate(async () => {
    const { port1, port2 } = new MessageChannel();
    const stop = isopod.serveMachines(port1 as never);
    const host = isopod.connect(port2 as never);
    const vm = await host.createVm({ name: "served", env: { A: "b" } });
    const { stdout } = await vm.exec("echo $A | tr a-z A-Z; wc -c", { stdin: "x".repeat(2 << 20) });
    await vm.fs.writeFile("/tmp/file", "text");
    const text = await vm.fs.readFile("/tmp/file", "utf8");
    const missing = await host.vm("nobody").catch((error: { code: string }) => error.code);
    await vm.dispose();
    const names = (await host.list()).map(({ name }) => name);
    await host.remove("served");
    stop();
    return { stdout, text, missing, names };
  });
  expect(result).toEqual({
    stdout: "B\n2097152\n",
    text: "text",
    missing: "ERR_NO_SUCH_MACHINE",
    names: ["served"],
  });
});
