/**
 * What a guest of a tab can reach: nothing. A probe tries some seventy ways out, as a native guest under
 * the policy alone, as one behind the guests' own bundle, and for control without the policy.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type Tab, testBrowser } from "./tab.ts";

const tabs = testBrowser();

/** By attempt: "reached", or why not. */
type Results = Readonly<Record<string, string>>;

/** A permission's state, and empty lists of devices: no reach, and gone with the guests' bundle. */
const HARMLESS = ["permissions.query", "usb", "hid", "serial"];
/** Ways that no control reached here: a headless browser lacks them, or they ask the visitor first. */
const WITHOUT_CONTROL = [
  ...["OffscreenCanvas filter url()", "showOpenFilePicker", "opener", "clients.matchAll"],
  ...["Notification", "geolocation", "clipboard", "bluetooth", "IdleDetector", "gpu"],
  // It needs a server of HTTP/3.
  "WebTransport",
  // An isolated page has none of them.
  "SharedWorker data:",
];

let probe: string;

beforeAll(async () => {
  probe = await readFile(join(import.meta.dirname, "probe.js"), "utf8");
});

/** The probe as the script of a guest that the spawner starts. */
function probeGuest(tab: Tab, before: string, where: string): Promise<Results> {
  const run = `probe(${JSON.stringify(where)}, ${JSON.stringify(tab.server.url)})`;
  const source =
    before === ""
      ? `${probe}\nonmessage = ({ data }) => ${run}.then((r) => data.postMessage(r));`
      : `${before}\n${probe}\n{
           const begin = onmessage;
           onmessage = (event) => {
             const port = event.data;
             begin(event);
             const look = () =>
               typeof fetch === "undefined" ? ${run}.then((r) => port.postMessage(r)) : setTimeout(look, 5);
             look();
           };
         }`;
  return tab.page.evaluate(
    (source) =>
      new Promise<Results>((resolve) => {
        const spawner = new Worker("/isopod/spawner.js");
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data }) => "fetch" in data && resolve(data);
        spawner.postMessage({ type: "script", source });
        spawner.postMessage({ type: "spawn", id: 1, port: port2 }, [port2]);
      }),
    source,
  );
}

function requestsOf(tab: Tab, where: string): string[] {
  return tab.server.log.filter((line) => line.includes(`/leak/${where}/`));
}

/** Everything that the page hears while a probe runs, but for what it was told to expect. */
async function listen(tab: Tab): Promise<() => Promise<unknown[]>> {
  await tab.page.evaluate(() => {
    const heard: unknown[] = [];
    const channel = new BroadcastChannel("probe");
    channel.onmessage = ({ data }) => {
      heard.push(data);
      channel.postMessage("answer");
    };
    addEventListener("message", ({ data }) => heard.push(data));
    Object.assign(globalThis, { heard });
  });
  return () => tab.page.evaluate(() => (globalThis as unknown as { heard: unknown[] }).heard);
}

function reached(results: Results): string[] {
  return Object.keys(results).filter((name) => results[name] === "reached");
}

describe("a native guest", () => {
  test("reaches neither network nor storage nor page, by its policy alone", async () => {
    await using tab = await tabs.open();
    const heard = await listen(tab);
    const results = await probeGuest(tab, "", "guest");
    expect(Object.keys(results).length).toBeGreaterThan(60);
    expect(reached(results).filter((name) => !HARMLESS.includes(name))).toEqual([]);
    expect(requestsOf(tab, "guest")).toEqual([]);
    expect(await heard()).toEqual([]);
  });

  test("finds nothing to reach with behind the guests' bundle", async () => {
    await using tab = await tabs.open();
    const bundle = await readFile(join(tabs.files(), "guest.js"), "utf8");
    const results = await probeGuest(tab, bundle, "bundle");
    expect(reached(results)).toEqual([]);
    const absent = Object.values(results).filter((text) => /absent|not defined|not a /.test(text));
    expect(absent.length).toBeGreaterThan(60);
    expect(requestsOf(tab, "bundle")).toEqual([]);
  });
});

describe("without the policy", () => {
  test("a worker and a page reach what a guest cannot", async () => {
    const control = `${probe}\nonmessage = ({ data }) => probe("worker", data).then(postMessage);`;
    await using tab = await tabs.open({ extra: { "/control.js": control, "/probe.js": probe } });
    await listen(tab);
    const base = tab.server.url;
    const worker = await tab.page.evaluate(
      (base) =>
        new Promise<Results>((resolve) => {
          const worker = new Worker("/control.js");
          worker.onmessage = ({ data }) => resolve(data);
          worker.postMessage(base);
        }),
      base,
    );
    await tab.page.addScriptTag({ url: "/probe.js" });
    const page = await tab.page.evaluate(
      (base) =>
        (globalThis as unknown as { probe(where: string, base: string): Results }).probe(
          "page",
          base,
        ),
      base,
    );
    const asked = [...requestsOf(tab, "worker"), ...requestsOf(tab, "page")].map((line) =>
      decodeURIComponent(line.slice(line.lastIndexOf("/") + 1)),
    );
    const open = new Set([...reached(worker), ...reached(page), ...asked]);
    const closed = Object.keys(worker).filter((name) => !open.has(name));
    // A browser that has more than this one closes none that it lists.
    expect(closed.filter((name) => !WITHOUT_CONTROL.includes(name))).toEqual([]);
    expect(open.size).toBeGreaterThan(45);
    expect(requestsOf(tab, "worker").length).toBeGreaterThan(12);
  });

  test("a guest of a data: address reaches the network: it is the policy that keeps it", async () => {
    await using tab = await tabs.open({ confined: false });
    const results = await probeGuest(tab, "", "unconfined");
    expect(results["fetch"]).toBe("reached");
    expect(requestsOf(tab, "unconfined").length).toBeGreaterThan(7);
  });

  test("no guest runs any program: commands run elsewhere, and the console says why", async () => {
    await using tab = await tabs.open({ confined: false });
    const stdout = await tab.page.evaluate(async () => {
      const vm = await isopod.createVm();
      return (await vm.exec("seq 2")).stdout;
    });
    expect(stdout).toBe("1\n2\n");
    expect(tab.complaints.join()).toContain("without the policy that confines guests");
  });
});
