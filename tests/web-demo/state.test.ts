/** Machines of the playground that outlive their page: reload, snapshots, forks, two tabs. */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { line, playground, prompt, run, shows } from "./playground.ts";

const demo = playground();

test("a reload finds the files", async () => {
  await using visit = await demo.visit();
  const { page } = visit;
  await run(page, "echo kept > notes.txt; sync");
  await page.reload();
  await line(page, "cat notes.txt");
  await shows(page, /^kept$/m);
  expect(visit.complaints).toEqual([]);
});

test("what was not synced is saved by itself, and the bar says so", async () => {
  await using visit = await demo.visit();
  const { page } = visit;
  // Writes that do not pause put off the save, so that the bar has time to say so.
  const writes = "for i in 1 2 3 4 5 6 7 8; do echo $i > notes.txt; sleep 0.5; done";
  await line(page, `${writes}; echo by itself > notes.txt; echo written`);
  await page.locator(".status", { hasText: "Saving" }).waitFor();
  await shows(page, /^written$/m);
  await page.locator(".status", { hasText: "Saved" }).waitFor();
  await page.reload();
  await line(page, "cat notes.txt");
  await shows(page, /^by itself$/m);
});

test("a snapshot tells what changed, and brings back what was removed", async () => {
  await using visit = await demo.visit();
  const { page } = visit;
  await run(page, "echo one > one.txt; mkdir work; echo two > work/two.txt");
  await take(page, "Before");
  await run(page, "rm one.txt; echo more >> work/two.txt; echo three > three.txt");
  await take(page, "After");
  const after = page.getByRole("listitem").filter({ hasText: "After" }).first();
  await after.getByText("1 added").waitFor();
  await after.getByText("1 removed").waitFor();
  await after.getByText("1 added").click();
  await after.getByText("~/three.txt").waitFor();

  const before = page.getByRole("listitem").filter({ hasText: "Before" }).first();
  await before.getByRole("button", { name: "Restore" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Restore" }).click();
  await page.getByText("Restored Before").waitFor();
  await line(page, "cat one.txt work/two.txt; ls three.txt");
  await shows(page, /^one\ntwo\n.*cannot access 'three.txt'/m);
  await page.reload();
  await line(page, "cat one.txt");
  await shows(page, /^one$/m);
  expect(visit.complaints).toEqual([]);
});

test("a fork is a machine of its own, and each keeps its files", async () => {
  await using visit = await demo.visit();
  const { page } = visit;
  await run(page, "echo shared > file; sync");
  await take(page, "Base");
  await page.getByRole("button", { name: "Fork" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Experiment");
  await page.getByRole("dialog").getByRole("button", { name: "Fork" }).click();
  await page.getByRole("button", { name: "Machine: Experiment" }).waitFor();
  await line(page, "cat file; echo changed > file; sync; echo synced");
  await shows(page, /^shared\nsynced$/m);
  await page.getByRole("button", { name: "Machine: Experiment" }).click();
  await page.getByRole("menuitemradio", { name: "My machine" }).click();
  await page.getByRole("button", { name: "Machine: My machine" }).waitFor();
  await line(page, "cat file");
  await shows(page, /^shared$/m);
});

test("a second tab is refused until the first is closed; another machine can be made there", async () => {
  await using visit = await demo.visit();
  const { page, context, server } = visit;
  await prompt(page);
  const second = await context.newPage();
  await second.goto(server.url);
  await second.getByText("My machine is open in another tab").waitFor();
  const open = second.getByRole("button", { name: "Open here" });
  expect(await open.isDisabled()).toBe(true);
  await page.close();
  await second.getByText("My machine is free again").waitFor();
  await open.click();
  await prompt(second);

  const third = await context.newPage();
  await third.goto(server.url);
  await third.getByText("My machine is open in another tab").waitFor();
  await third.getByRole("button", { name: "New machine" }).click();
  await third.getByLabel("Name", { exact: true }).fill("Second");
  await third.getByRole("button", { name: "Create" }).click();
  await line(third, "hostname");
  await shows(third, /^second$/m);
});

test("a machine whose kernel died says so, and starts again with its files", async () => {
  await using visit = await demo.visit();
  const { page } = visit;
  await prompt(page);
  await line(page, "echo kept > kept.txt; sync");
  await prompt(page);
  const kernel = page.workers().find((worker) => worker.url().includes("kernel-worker"));
  if (!kernel) throw new Error("there is no kernel's worker");
  await kernel.evaluate(() => {
    setTimeout(() => {
      throw new Error("a fault of a test");
    });
  });
  await page.getByRole("alert").getByText("My machine stopped").waitFor();
  await page.getByText("Stopped", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Start again" }).click();
  await prompt(page);
  await line(page, "cat kept.txt");
  await shows(page, /\nkept\n/);
});

test("a machine is renamed and deleted, and its space is freed", async () => {
  await using visit = await demo.visit();
  const { page } = visit;
  await run(page, "head -c 3000000 /dev/urandom > large; sync");
  const choose = async (name: string) => {
    await page.getByRole("button", { name: /^Machine:/ }).click();
    await page.getByRole("menuitem", { name }).click();
  };
  await choose("Rename");
  await page.getByLabel("Name", { exact: true }).fill("Old one");
  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByRole("button", { name: "Machine: Old one" }).waitFor();
  await choose("New machine");
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("button", { name: "Machine: Machine 2" }).click();
  await page.getByRole("menuitemradio", { name: "Old one" }).click();
  await page.getByRole("button", { name: "Machine: Old one" }).waitFor();
  await prompt(page);
  await choose("Delete");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Machine: Machine 2" }).waitFor();
  await prompt(page);
  await page.getByRole("tab", { name: "System" }).click();
  await page.getByRole("button", { name: "Free space" }).click();
  await page.getByText(/^Freed /).waitFor();
});

async function take(page: Page, label: string): Promise<void> {
  await page.getByRole("tab", { name: "Timeline" }).click();
  await page.getByLabel("Name of the snapshot").fill(label);
  await page.getByRole("button", { name: "Snapshot", exact: true }).click();
  await page.getByRole("listitem").filter({ hasText: label }).first().waitFor();
}
