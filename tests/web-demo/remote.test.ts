/** The playground with a machine on a server, chosen by one setting. */
import { expect, test } from "vitest";
import { startServer, TOKEN } from "../src/remote/server.ts";
import { line, playground, prompt, shows } from "./playground.ts";

const demo = playground();

test("the page drives a machine of isopod serve, and finds it again after a reload", async () => {
  await using visit = await demo.visit();
  const { page } = visit;
  const origins = [new URL(visit.server.url).origin];
  await using server = await startServer({ origins });
  await prompt(page);
  await page.getByRole("button", { name: /^Machine:/ }).click();
  await page.getByRole("menuitem", { name: "Use a server" }).click();
  await page.getByLabel("Address").fill(server.url);
  await page.getByLabel("Token").fill(TOKEN);
  await page.getByRole("button", { name: "Connect" }).click();
  await page.locator(".status", { hasText: "On a server" }).waitFor();
  await line(page, "echo from the page | tee file; seq 3 | tail -n 1");
  await shows(page, /^from the page\n3$/m);

  const vm = await server.host.vm("playground");
  expect(await vm.fs.readFile("/home/user/file", "utf8")).toBe("from the page\n");
  await vm.dispose();
  await page.getByRole("treeitem", { name: "file", exact: true }).click();
  await page.locator(".cm-line", { hasText: "from the page" }).waitFor();
  await page.reload();
  await line(page, "cat file");
  await shows(page, /^from the page$/m);
});

test("a server that does not answer, or refuses the page, is told of; the page's own machine goes on", async () => {
  await using visit = await demo.visit();
  const { page } = visit;
  await using server = await startServer({ origins: [] });
  await prompt(page);
  await page.getByRole("button", { name: /^Machine:/ }).click();
  await page.getByRole("menuitem", { name: "Use a server" }).click();
  await page.getByLabel("Address").fill(server.url);
  await page.getByLabel("Token").fill(TOKEN);
  await page.getByRole("button", { name: "Connect" }).click();
  await page.getByText("playground did not start").waitFor();
  await page.getByRole("button", { name: "My machine" }).click();
  await line(page, "echo still here");
  await shows(page, /^still here$/m);
});
