/** Machines that a browser keeps: after a reload, in another tab, and as snapshots. */
import { expect, test } from "vitest";
import { testBrowser } from "./tab.ts";

const tabs = testBrowser();

test("a reload finds the files that were synced", async () => {
  await using tab = await tabs.open();
  await tab.page.evaluate(async () => {
    const vm = await isopod.createVm({ store: isopod.indexedDbStore(), name: "kept" });
    await vm.exec("seq 1 2000 > numbers; mkdir -p a/b; echo deep > a/b/c; sync");
  });
  await tab.load(tab.page);
  const result = await tab.page.evaluate(async () => {
    const vm = await isopod.createVm({ store: isopod.indexedDbStore(), name: "kept" });
    const { stdout } = await vm.exec("wc -l < numbers; cat a/b/c");
    return stdout;
  });
  expect(result.trim().split(/\s+/)).toEqual(["2000", "deep"]);
});

test("a reload finds what was written a moment ago, which nobody committed", async () => {
  await using tab = await tabs.open();
  await tab.page.evaluate(async () => {
    const store = isopod.indexedDbStore();
    const vm = await isopod.createVm({ store, name: "quiet", commit: { quiet: 50 } });
    await vm.exec("echo written > file");
    // It comes by itself: the machine has said nothing when the page goes.
    while (!(await vm.isCommitted())) await vm.exec("sleep 0.05");
  });
  await tab.load(tab.page);
  const found = await tab.page.evaluate(async () => {
    const vm = await isopod.createVm({ store: isopod.indexedDbStore(), name: "quiet" });
    return (await vm.exec("cat file")).stdout;
  });
  expect(found).toBe("written\n");
});

test("a page that is hidden brings its machines to safety", async () => {
  await using tab = await tabs.open();
  await tab.page.evaluate(async () => {
    const commit = { quiet: 3_600_000, latest: 3_600_000 };
    const vm = await isopod.createVm({ store: isopod.indexedDbStore(), name: "hidden", commit });
    await vm.exec("echo written > file");
    Object.defineProperty(document, "visibilityState", { value: "hidden" });
    document.dispatchEvent(new Event("visibilitychange"));
    // Its own policy would wait for an hour.
    while (!(await vm.isCommitted())) await vm.exec("sleep 0.05");
  });
  await tab.load(tab.page);
  const found = await tab.page.evaluate(async () => {
    const vm = await isopod.createVm({ store: isopod.indexedDbStore(), name: "hidden" });
    return (await vm.exec("cat file")).stdout;
  });
  expect(found).toBe("written\n");
});

test("a second tab is refused while the first has the machine, and no longer", async () => {
  await using tab = await tabs.open();
  const open = () =>
    isopod.createVm({ store: isopod.indexedDbStore(), name: "one" }).then(
      () => "opened",
      (error) => `${error.code}: ${error.message}`,
    );
  expect(await tab.page.evaluate(open)).toBe("opened");
  const second = await tab.context.newPage();
  await tab.load(second);
  const refusal = await second.evaluate(open);
  expect(refusal).toMatch(/^ERR_STORE_BUSY: .*one.*in use by/);
  await tab.page.close();
  await expect.poll(() => second.evaluate(open)).toBe("opened");
});

test("snapshots can be restored and forked", async () => {
  await using tab = await tabs.open();
  const result = await tab.page.evaluate(async () => {
    const vm = await isopod.createVm({ store: isopod.indexedDbStore(), name: "s" });
    await vm.exec("echo one > file; sync");
    const snapshot = await vm.snapshot();
    await vm.exec("echo two > file");
    const fork = await vm.fork();
    const old = await isopod.createVm({ from: snapshot });
    return [
      (await vm.exec("cat file")).stdout,
      (await fork.exec("cat file")).stdout,
      (await old.exec("cat file")).stdout,
    ];
  });
  expect(result).toEqual(["two\n", "two\n", "one\n"]);
});

test("a fork holds its lock from its first commit until its end", async () => {
  await using tab = await tabs.open();
  const result = await tab.page.evaluate(async () => {
    const locks = async () => {
      const { held = [] } = await navigator.locks.query();
      return held.map(({ name = "" }) => name.replace(/temporary-.*/, "fork")).sort();
    };
    const vm = await isopod.createVm({ store: isopod.indexedDbStore(), name: "locked" });
    await vm.commit();
    const fork = await vm.fork();
    const before = await locks();
    await fork.commit();
    const during = await locks();
    await fork.dispose();
    return [before, during, await locks()];
  });
  const locked = "isopod:isopod:machines/locked";
  expect(result).toEqual([[locked], ["isopod:isopod:machines/fork", locked], [locked]]);
});

test("what is kept can be listed, compared and removed without a machine", async () => {
  await using tab = await tabs.open();
  const result = await tab.page.evaluate(async () => {
    const store = isopod.indexedDbStore();
    const vm = await isopod.createVm({ store, name: "listed" });
    await vm.snapshot("before");
    await vm.exec("echo new > file");
    await vm.snapshot("after");
    await vm.dispose();
    const names = (await isopod.listSnapshots(store)).map(({ name }) => name);
    const { added } = await isopod.diffSnapshots(store, "before", "after");
    await isopod.removeSnapshot(store, "before");
    const left = (await isopod.listSnapshots(store)).map(({ name }) => name);
    const machines = await isopod.listMachines(store);
    await isopod.removeMachine(store, "listed");
    return { names, added, left, machines, gone: await isopod.listMachines(store) };
  });
  expect(result).toEqual({
    names: ["before", "after"],
    added: ["/home/user/file"],
    left: ["after"],
    machines: ["listed"],
    gone: [],
  });
});
