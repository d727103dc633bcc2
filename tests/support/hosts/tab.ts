/** Machines in a tab of Chromium, on a page that is isolated as users' pages are. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Page } from "playwright-core";
import { buildBrowser } from "../../../scripts/build-browser.ts";
import { baseImagePresent } from "../../../src/images/base-image-present.ts";
import { normalizeVmOptions } from "../../../src/options/vm-options.ts";
import { decodeValue, encodeValue } from "../../../src/remote/values.ts";
import { RemoteMachine } from "../../../src/remote-machine.ts";
import type { KernelThread } from "../../../src/thread/kernel-thread.ts";
import { Vm } from "../../../src/vm.ts";
import { serve } from "../../browser/server.ts";
import { bundle } from "../../portability/bundle.ts";
import { launchChromium } from "../chromium.ts";
import type { TestHost } from "./host.ts";
import type * as PageModule from "./tab-page.ts";

declare global {
  interface Window {
    kernel: typeof PageModule;
  }
}

const PAGE = `<!doctype html><meta charset="utf-8"><title>machines</title>
<link rel="icon" href="data:,">
<script type="module">
import * as kernel from "./kernel.js";
window.kernel = kernel;
</script>`;
const VALUES_MAX = 10_000_000;

/** `isolated`: false on a page that shares no memory with its workers. */
export async function openTab(
  kernelWorker?: string,
  { isolated = true }: { readonly isolated?: boolean } = {},
): Promise<TestHost> {
  await baseImagePresent();
  const files = await mkdtemp(join(tmpdir(), "isopod-tab-"));
  await buildBrowser(files, kernelWorker);
  const script = await bundle(resolve(import.meta.dirname, "tab-page.ts"));
  const server = await serve({
    files,
    isolated,
    extra: { "/page.html": PAGE, "/kernel.js": script },
  });
  const browser = await launchChromium();
  const page = await browser.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  await page.goto(`${server.url}page.html`);
  await page.waitForFunction(() => window.kernel !== undefined);
  const thread = threadOf(page, `${server.url}isopod/`);
  return {
    faults,
    async createVm({ kernel: _, mounts: __, ...options } = {}) {
      const { machine } = await normalizeVmOptions(options);
      return new Vm(await RemoteMachine.create(thread, machine));
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      await server.close();
      await rm(files, { recursive: true });
    },
  };
}

function threadOf(page: Page, base: string): KernelThread {
  const call = async (method: keyof KernelThread, ...args: unknown[]): Promise<never> => {
    const message = Buffer.from(encodeValue([method, args])).toString("base64");
    const answer = await page.evaluate(
      ([base, message]) => window.kernel.callKernel(base as string, message as string),
      [base, message],
    );
    const bytes = Buffer.from(answer, "base64");
    const { result, reason } = decodeValue(bytes, VALUES_MAX) as Record<string, unknown>;
    if (reason !== undefined) throw reason;
    return result as never;
  };
  return {
    create: (options) => call("create", options),
    request: (id, part, name, args) => call("request", id, part, name, args),
    trace: async () => {
      throw new Error("a listener cannot reach into the tab");
    },
    dispose: (id) => call("dispose", id),
  };
}
