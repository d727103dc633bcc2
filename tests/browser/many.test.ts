/** Fifty machines in one tab: nothing is lost, and their memory is bounded. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { type Tab, testBrowser } from "./tab.ts";

const tabs = testBrowser();

const MACHINES = 50;
const MIB = 1 << 20;

/** Resident bytes of the process that runs the tab. */
async function residentBytes(tab: Tab): Promise<number> {
  const session = await tabs.browser().newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const sizes = await Promise.all(
    processInfo
      .filter(({ type }) => type === "renderer")
      .map(async ({ id }) => {
        const status = await readFile(`/proc/${id}/status`, "utf8").catch(() => "");
        return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
      }),
  );
  await tab.page.requestGC();
  return Math.max(...sizes);
}

test("fifty machines keep their files apart, run commands, and go", async () => {
  await using tab = await tabs.open();
  const { page } = tab;
  await page.evaluate(async () => {
    const vm = await isopod.createVm();
    await vm.exec("seq 3 | sort");
    await vm.dispose();
  });
  const before = await residentBytes(tab);
  const results = await page.evaluate(async (count) => {
    const vms = await Promise.all(
      Array.from({ length: count }, (_, i) => isopod.createVm({ hostname: `vm${i}` })),
    );
    Object.assign(globalThis, { vms });
    await Promise.all(vms.map((vm, i) => vm.exec(`seq 1 ${i + 1} > numbers; hostname > name`)));
    return Promise.all(vms.map(async (vm) => (await vm.exec("wc -l < numbers; cat name")).stdout));
  }, MACHINES);
  const during = await residentBytes(tab);
  expect(results).toEqual(Array.from({ length: MACHINES }, (_, i) => `${i + 1}\nvm${i}\n`));
  const each = (during - before) / MACHINES / MIB;
  console.log(`${each.toFixed(2)} MiB for each of ${MACHINES} machines in a tab`);
  expect(each).toBeLessThan(8);
  await page.evaluate(async () => {
    const { vms } = globalThis as unknown as { vms: AsyncDisposable[] };
    await Promise.all(vms.map((vm) => vm[Symbol.asyncDispose]()));
  });
  // Kernel, spawner and the guests that wait for the next machine.
  await expect.poll(() => page.workers().length).toBeLessThan(7);
  const again = await page.evaluate(async () => {
    const vm = await isopod.createVm();
    return (await vm.exec("seq 1 2 | tail -n 1")).stdout;
  });
  expect(again).toBe("2\n");
});
