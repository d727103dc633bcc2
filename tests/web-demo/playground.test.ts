/** What a visitor does with the playground, in a real Chromium. */
import { expect, test } from "vitest";
import { line, playground, prompt, run, screen, shows } from "./playground.ts";

const demo = playground();

test("boots to a prompt, welcomes, and runs a pipeline", async () => {
  await using visit = await demo.visit();
  const { page } = visit;
  await prompt(page);
  expect(await screen(page)).toContain("Three things to try");
  await line(page, "seq 100 | grep 7 | sort -rn | head -n 3");
  await shows(page, /97\n87\n79\n/);
  expect(await page.title()).toContain("Isopod");
  expect(visit.complaints).toEqual([]);
});

test("the prompt is there after 1.5 MB", async () => {
  await using visit = await demo.visit();
  await prompt(visit.page);
  // What commands begin with is fetched then; on a busy machine, a little before.
  const page = [...visit.server.sent].filter(([path]) => !/\/(guest|spawner)\.js$/.test(path));
  const bytes = page.reduce((sum, [, size]) => sum + size, 0);
  console.log(`${Math.round(bytes / 1000)} kB before the prompt, uncompressed`);
  expect(bytes).toBeLessThan(1_540_000);
});

test("a link of the welcome types its line", async () => {
  await using visit = await demo.visit();
  const { page } = visit;
  await prompt(page);
  const link = await page.locator(".xterm-rows span", { hasText: "seq 100" }).first().boundingBox();
  if (!link) throw new Error("there is no link");
  await page.mouse.move(link.x + 20, link.y + 5);
  await page.mouse.move(link.x + 22, link.y + 6);
  await page.locator(".xterm-cursor-pointer").waitFor();
  await page.mouse.click(link.x + 22, link.y + 6);
  await shows(page, /97\n87\n79\n/);
});

test("a file is edited, saved with Ctrl-S, and read by a program", async () => {
  await using visit = await demo.visit();
  const { page } = visit;
  await prompt(page);
  await page.getByRole("treeitem", { name: "welcome.md" }).click();
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+Home");
  await page.keyboard.type("first line\n");
  await page.getByTitle("Not saved").waitFor();
  await page.keyboard.press("Control+s");
  await page.getByTitle("Not saved").waitFor({ state: "detached" });
  await line(page, "head -n 1 welcome.md");
  await shows(page, /\nfirst line\n/);
  expect(visit.complaints).toEqual([]);
});

test("what a program writes into an open file is read again", async () => {
  await using visit = await demo.visit();
  const { page } = visit;
  await prompt(page);
  await page.getByRole("treeitem", { name: "welcome.md" }).click();
  await page.locator(".cm-content").waitFor();
  await line(page, "echo from a program > welcome.md");
  await page.locator(".cm-line", { hasText: "from a program" }).waitFor();
});

test("closing a file with changes asks in the page, and Escape keeps it", async () => {
  await using visit = await demo.visit();
  const { page } = visit;
  await prompt(page);
  await page.getByRole("treeitem", { name: "welcome.md" }).click();
  await page.locator(".cm-content").click();
  await page.keyboard.type("unsaved");
  await page.getByRole("button", { name: "Close welcome.md" }).click();
  await page.getByRole("dialog", { name: "Close welcome.md?" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("tab", { name: "welcome.md" }).waitFor();
  await page.getByRole("button", { name: "Close welcome.md" }).click();
  await page.getByRole("button", { name: "Close without saving" }).click();
  await page.getByRole("tab", { name: "welcome.md" }).waitFor({ state: "detached" });
});

test("files and folders are uploaded, a large one with its progress", async () => {
  await using visit = await demo.visit();
  const { page } = visit;
  await prompt(page);
  await page.getByLabel("Files to upload").setInputFiles([
    { name: "data.txt", mimeType: "text/plain", buffer: Buffer.from("b\na\n") },
    { name: "more.txt", mimeType: "text/plain", buffer: Buffer.from("c\n") },
  ]);
  await page.getByText("Uploaded 2 files").waitFor();
  const steps = page.evaluate(watchProgress);
  const large = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(32 << 20)], "large.bin"));
    return transfer;
  });
  await page.getByRole("tree").dispatchEvent("drop", { dataTransfer: large });
  expect(await steps).toBeGreaterThan(2);
  await line(page, "cat data.txt more.txt | sort | tr '\\n' .; stat -c %s large.bin");
  await shows(page, /a\.b\.c\.33554432/);
  expect(visit.complaints).toEqual([]);
});

test("a dropped file lands in the folder under the pointer", async () => {
  await using visit = await demo.visit();
  const { page } = visit;
  await line(page, "mkdir inbox");
  const folder = page.getByRole("treeitem", { name: "inbox" });
  await folder.waitFor();
  const transfer = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(["dropped\n"], "drop.txt"));
    return transfer;
  });
  await folder.dispatchEvent("drop", { dataTransfer: transfer });
  await page.getByText("Uploaded drop.txt").waitFor();
  await line(page, "cat inbox/drop.txt");
  await shows(page, /\ndropped\n/);
});

test("a folder is downloaded as a zip archive", async () => {
  await using visit = await demo.visit();
  const { page } = visit;
  await run(page, "mkdir -p pack/deep; echo hello > pack/deep/file");
  await page.getByRole("treeitem", { name: "pack" }).click({ button: "right" });
  const downloading = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: "Download" }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe("pack.zip");
});

test("the file tree makes, renames and deletes, by keys alone", async () => {
  await using visit = await demo.visit();
  const { page } = visit;
  await prompt(page);
  await page.getByRole("button", { name: "New file" }).click();
  await page.getByLabel("Name", { exact: true }).fill("one.txt");
  await page.keyboard.press("Enter");
  await page.getByRole("tab", { name: "one.txt" }).waitFor();
  await page.getByRole("treeitem", { name: "one.txt" }).focus();
  await page.keyboard.press("F2");
  await page.getByLabel("Name", { exact: true }).fill("two.txt");
  await page.keyboard.press("Enter");
  const row = page.getByRole("treeitem", { name: "two.txt" });
  await row.waitFor();
  await page.getByRole("tab", { name: "two.txt" }).waitFor();
  await row.focus();
  await page.keyboard.press("Delete");
  await page.getByRole("dialog", { name: "Delete two.txt?" }).waitFor();
  await page.keyboard.press("Enter");
  await row.waitFor({ state: "detached" });
  await line(page, "ls two.txt");
  await shows(page, "cannot access 'two.txt'");
});

test("a new name has the focus before the next key", async () => {
  await using visit = await demo.visit();
  const { page } = visit;
  await prompt(page);
  await page.getByRole("treeitem", { name: "welcome.md" }).waitFor();
  const chosen = await page.evaluate(async () => {
    const row = document.querySelector<HTMLElement>('[data-path$="/welcome.md"]');
    row?.focus();
    row?.dispatchEvent(new KeyboardEvent("keydown", { key: "F2", bubbles: true }));
    // What the key does is drawn in a microtask; no frame passes.
    await new Promise<void>(queueMicrotask);
    const { value, selectionStart, selectionEnd } = document.activeElement as HTMLInputElement;
    return value?.slice(selectionStart as number, selectionEnd as number);
  });
  expect(chosen).toBe("welcome");
  await page.keyboard.type("hello");
  await page.keyboard.press("Enter");
  await page.getByRole("treeitem", { name: "hello.md" }).waitFor();
});

test("two terminals share the machine; keys switch between them", async () => {
  await using visit = await demo.visit();
  const { page } = visit;
  await run(page, "cd /tmp; echo first > shared");
  await page.keyboard.press("Control+Shift+Backquote");
  await expect
    .poll(() => page.getByRole("tablist", { name: "Terminals" }).getByRole("tab").count())
    .toBe(2);
  await line(page, "cat /tmp/shared; tty");
  await shows(page, /first\n\/dev\/pts\/1/);
  await page.keyboard.press("Alt+1");
  await line(page, "tty");
  await shows(page, "/dev/pts/0");
  // Tabs are called by where their shells are.
  await page.getByRole("tab", { name: "/tmp" }).waitFor();
});

test("Ctrl-C ends a command, and the shell goes on", async () => {
  await using visit = await demo.visit();
  const { page } = visit;
  // What is typed before it reads would be the shell's.
  await line(page, "echo reads; cat");
  await shows(page, /^reads$/m);
  await page.keyboard.type("typed\n");
  await shows(page, /typed\ntyped/);
  await page.keyboard.press("Control+c");
  await line(page, "echo status $?");
  await shows(page, "status 130");
});

test("a terminal follows the size of its panel", async () => {
  await using visit = await demo.visit();
  const { page } = visit;
  await line(page, "stty size");
  const before = /(\d+) \d+\n/.exec(await shows(page, /\n\d+ \d+\n/))?.[1];
  await page.setViewportSize({ width: 1280, height: 500 });
  await line(page, `while stty size | grep '^${before} '; do sleep 0.1; done; clear; stty size`);
  const after = /^(\d+) \d+\n/.exec(await shows(page, /^\d+ \d+\n/))?.[1];
  expect(Number(after)).toBeLessThan(Number(before));
});

test("the system view lists processes and ends one", async () => {
  await using visit = await demo.visit();
  const { page } = visit;
  await line(page, "sleep 1000");
  await page.getByRole("tab", { name: "System" }).click();
  await page.getByRole("button", { name: /End process \d+, sleep/ }).click();
  await shows(page, "Killed");
});

test("keys go round the parts of the page, and help lists them", async () => {
  await using visit = await demo.visit();
  const { page } = visit;
  await prompt(page);
  const here = () =>
    page.evaluate(() =>
      document.activeElement?.closest("[data-place]")?.getAttribute("data-place"),
    );
  await expect.poll(here).toBe("terminal");
  await page.keyboard.press("F6");
  await expect.poll(here).toBe("timeline");
  await page.keyboard.press("Control+Shift+E");
  await expect.poll(here).toBe("files");
  await page.keyboard.press("Control+Backquote");
  await expect.poll(here).toBe("terminal");
  await page.keyboard.press("F1");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await page.keyboard.press("Escape");
  await expect.poll(here).toBe("terminal");
  const machines = page.getByRole("button", { name: /^Machine:/ });
  await machines.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menu", { name: "Machines" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("menu", { name: "Machines" }).waitFor({ state: "detached" });
  expect(await machines.evaluate((button) => button === document.activeElement)).toBe(true);
});

test("a page that its server does not isolate does so itself, by one reload", async () => {
  await using visit = await demo.visit({ isolated: false });
  const { page } = visit;
  await prompt(page);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  await line(page, "seq 3 | tail -n 1");
  await shows(page, /\n3\n/);
});

test("without isolation commands run one at a time, and the page says so", async () => {
  await using visit = await demo.visit({ isolated: false, address: "?isolation=off" });
  const { page } = visit;
  await line(page, "seq 100 | grep 7 | sort -rn | head -n 3");
  await shows(page, /97\n87\n79\n/);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
  await page.getByRole("tab", { name: "System" }).click();
  await page.getByText("one at a time").first().waitFor();
});

test("on a phone one part is shown at a time, with the keys that it lacks", async () => {
  await using visit = await demo.visit({
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  });
  const { page } = visit;
  await prompt(page);
  const bar = page.getByRole("navigation", { name: "Parts of the page" });
  expect(await bar.getByRole("button").allInnerTexts()).toEqual([
    "Files",
    "Editor",
    "Terminal",
    "Timeline",
    "System",
  ]);
  await page.locator(".terminal-host textarea").focus();
  await page.keyboard.type("echo reads; cat");
  await page.keyboard.press("Enter");
  await shows(page, /^reads$/m);
  await page.keyboard.type("x\n");
  await shows(page, /x\nx/);
  await page.getByRole("button", { name: "Ctrl", exact: true }).tap();
  await page.getByRole("button", { name: "Ctrl", exact: true, pressed: true }).waitFor();
  await page.keyboard.type("c");
  await line(page, "echo status $?");
  await shows(page, "status 130");
  await bar.getByRole("button", { name: "Files" }).tap();
  await page.getByRole("treeitem", { name: "welcome.md" }).tap();
  await page.locator(".cm-content").waitFor();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(wide).toBeLessThanOrEqual(390);
});

/** In the page: how many steps of an upload's progress were shown, once it is over. */
function watchProgress(): Promise<number> {
  const seen = new Set<number>();
  return new Promise((resolve) => {
    const watcher = new MutationObserver(() => {
      const bar = document.querySelector<HTMLProgressElement>(".notice progress");
      if (bar) seen.add(bar.value);
      else if (seen.size > 0) {
        watcher.disconnect();
        resolve(seen.size);
      }
    });
    const options = { subtree: true, childList: true, attributes: true };
    watcher.observe(document.body, options);
  });
}
