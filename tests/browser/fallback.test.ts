/** Pages that cannot have everything: without isolation, with the service worker, with parts missing. */
import { expect, test } from "vitest";
import { program } from "../runtimes/wasi/wat.ts";
import { testBrowser } from "./tab.ts";

const tabs = testBrowser();

test("without isolation commands run one at a time, in the kernel's thread", async () => {
  await using tab = await tabs.open({ isolated: false });
  const result = await tab.page.evaluate(async () => {
    const { commands, isolated, missing } = isopod.capabilities();
    const vm = await isopod.createVm();
    const { stdout } = await vm.exec("seq 1 200 | sort -rn | head -n 2; echo $(ls / | wc -l)");
    const sort = await vm.spawn(["sort"]);
    const input = sort.stdin.getWriter();
    await input.write("b\na\n");
    await input.close();
    const sorted = await new Response(sort.stdout).text();
    return { commands, isolated, missing: missing.map(({ name }) => name), stdout, sorted };
  });
  expect(result).toEqual({
    commands: "inline",
    isolated: false,
    missing: ["cross-origin isolation", "SharedArrayBuffer"],
    stdout: "200\n199\n18\n",
    sorted: "a\nb\n",
  });
  expect(tab.complaints).toEqual([]);
});

test("there a program that computes and computes gives way to others, and can be ended", async () => {
  await using tab = await tabs.open({ isolated: false });
  const result = await tab.page.evaluate(async () => {
    const vm = await isopod.createVm();
    const loop = vm.exec("awk 'BEGIN { while (1) n++ }'", { timeout: 2000 });
    const ended = loop.then(String, (error) => error.code);
    const { stdout } = await vm.exec("seq 3 | tail -n 1");
    return { ended: await ended, stdout };
  });
  expect(result).toEqual({ ended: "ETIMEDOUT", stdout: "3\n" });
});

/** Computes for hours without a loop, the only thing that is metered. */
const RECURSES = program(
  "(drop (call $fib (i32.const 80)))",
  `(func $fib (param i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (i32.const 1))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
        (call $fib (i32.sub (local.get 0) (i32.const 2)))))))`,
);

test("there node says that node:sqlite is WebAssembly, which its engine has not", async () => {
  await using tab = await tabs.open({ isolated: false });
  const { stdout, stderr } = await tab.page.evaluate(async () => {
    const vm = await isopod.createVm();
    const script = `try { require("node:sqlite") } catch ({ code, message }) { console.log(code, message) }`;
    return vm.exec(`node --no-warnings -e '${script}'`);
  });
  expect({ stdout, stderr }).toEqual({
    stdout:
      "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM node:sqlite is unavailable: SQLite is WebAssembly, which this engine does not have\n",
    stderr: "",
  });
});

test("there one that cannot be made to give way ends the kernel, and the next machine gets another", async () => {
  await using tab = await tabs.open({ isolated: false });
  const result = await tab.page.evaluate(
    async (bytes) => {
      const vm = await isopod.createVm();
      await vm.fs.writeFile("recurses", Uint8Array.from(bytes), { mode: 0o755 });
      const ended = await vm
        .exec("./recurses")
        .then(String, (error) => `${error.code}: ${error.message}`);
      const next = await isopod.createVm();
      return { ended, next: (await next.exec("seq 1")).stdout };
    },
    [...RECURSES],
  );
  expect(result.ended).toMatch(/^ERR_KERNEL_DIED: .*computed for 20 s.*enableIsolation/);
  expect(result.next).toBe("1\n");
});

test("enableIsolation isolates a page whose server sends no headers, by one reload", async () => {
  await using tab = await tabs.open({ isolated: false, confined: false });
  const reloaded = tab.page.waitForEvent("load");
  await tab.page.evaluate(() => void isopod.enableIsolation());
  await reloaded;
  await tab.page.waitForFunction(() => globalThis.isopod !== undefined);
  const result = await tab.page.evaluate(async () => {
    const isolated = await isopod.enableIsolation();
    const { commands } = isopod.capabilities();
    const vm = await isopod.createVm();
    return { isolated, commands, stdout: (await vm.exec("seq 3 | tail -n 1")).stdout };
  });
  expect(result).toEqual({ isolated: true, commands: "workers", stdout: "3\n" });
  // The policy came with the service worker: no guest was refused.
  expect(tab.complaints).toEqual([]);
});

test("where the service worker does not help the page goes on without, and reloads once only", async () => {
  await using tab = await tabs.open({
    isolated: false,
    extra: { "/service-worker.js": "/* one that does nothing */" },
  });
  const reloaded = tab.page.waitForEvent("load");
  await tab.page.evaluate(() => void isopod.enableIsolation());
  await reloaded;
  await tab.page.waitForFunction(() => globalThis.isopod !== undefined);
  expect(await tab.page.evaluate(() => isopod.enableIsolation())).toBe(false);
});

test("a service worker that cannot be had is an error that names it", async () => {
  await using tab = await tabs.open({ isolated: false });
  const message = await tab.page.evaluate(() =>
    isopod.enableIsolation({ serviceWorker: "/nowhere.js" }).then(String, (error) => error.message),
  );
  expect(message).toMatch(/the service worker http.*nowhere\.js could not be registered/);
});

test("what a browser lacks is told by name, with what still works", async () => {
  await using tab = await tabs.open({ isolated: false });
  await tab.page.addInitScript(() => {
    Reflect.deleteProperty(WebAssembly, "Suspending");
    Object.defineProperty(globalThis, "indexedDB", { value: undefined });
  });
  await tab.load(tab.page);
  const { commands, storage, machines, missing } = await tab.page.evaluate(() =>
    isopod.capabilities(),
  );
  expect({ commands, storage, machines }).toEqual({
    commands: undefined,
    storage: false,
    machines: true,
  });
  expect(missing).toContainEqual({
    name: "indexedDB",
    needed: "files outlive the page; without it they are gone with it",
  });
});

test("files that are not there are an error that names the address", async () => {
  await using tab = await tabs.open();
  const messages = await tab.page.evaluate(async () => {
    const refusal = (work: Promise<unknown>) => work.then(String, (error) => error.message);
    return [
      await refusal(isopod.createVm({ assets: "/nowhere/" })),
      await refusal(isopod.createVm({ image: "/nowhere/image" })),
    ];
  });
  expect(messages[0]).toMatch(/nowhere\/kernel-worker\.js was not loaded/);
  expect(messages[1]).toMatch(/nowhere\/image.*404/);
});
