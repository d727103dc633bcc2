/** Node programs in the playground's terminals: a server of npm packages, asked from another terminal, and the REPL. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { create } from "tar";
import { expect, test } from "vitest";
import { installPackages } from "../packages/install.ts";
import { line, playground, prompt, screen, shows } from "./playground.ts";

const demo = playground();

const SERVER = `const express = require("express");
const app = express();
app.use(express.json());
app.get("/hello/:name", (request, response) => {
  response.json({ hello: request.params.name, node: process.version });
});
app.post("/sum", ({ body }, response) => {
  response.send(String(body.reduce((sum, each) => sum + each, 0)));
});
app.listen(3000, () => console.log("listening on", 3000));
`;

test("an Express server in one terminal answers curl in another", async () => {
  await using visit = await demo.visit();
  const { page } = visit;
  await prompt(page);
  await page.getByLabel("Files to upload").setInputFiles([
    { name: "express.tgz", mimeType: "application/gzip", buffer: await packed("express") },
    { name: "server.js", mimeType: "text/javascript", buffer: Buffer.from(SERVER) },
  ]);
  await page.getByText("Uploaded 2 files").waitFor();
  await line(page, "tar -xzf express.tgz && ls node_modules | grep -x express");
  await shows(page, /^express$/m);
  await line(page, "node server.js");
  await shows(page, /^listening on 3000$/m);
  await page.getByTitle("New terminal (Ctrl-Shift-`)").click();
  await line(page, "curl -s localhost:3000/hello/tab; echo");
  await shows(page, /^\{"hello":"tab","node":"v22\.\d+\.\d+"\}$/m);
  await line(
    page,
    "curl -s -H 'Content-Type: application/json' -d '[1,2,39]' localhost:3000/sum; echo",
  );
  await shows(page, /^42$/m);
  await line(page, "pkill node; curl -s localhost:3000 || echo status $?");
  await shows(page, /^status 7$/m);
  const picture = process.env["ISOPOD_PICTURES"];
  if (picture) await page.screenshot({ path: join(picture, "playground-express.png") });
  expect(visit.complaints).toEqual([]);
});

test("the REPL edits lines, completes names, keeps variables and awaits", async () => {
  await using visit = await demo.visit();
  const { page } = visit;
  await line(page, "node");
  await shows(page, /Welcome to Node\.js v22[\s\S]*^> *$/m);
  await page.keyboard.type("const list = [3, 1, 2].toSorted()\nlist\n");
  await shows(page, /^\[ 1, 2, 3 \]$/m);
  await page.keyboard.type("list.at(-1)\b\b\b\b\b\bwith(0, 9)\n");
  await shows(page, /^\[ 9, 2, 3 \]$/m);
  await page.keyboard.type("await import('node:os').then((os) => os.EOL)\n");
  await shows(page, /^'\\n'$/m);
  await page.keyboard.type("process.versio\t");
  await shows(page, /^> process\.version$/m);
  await page.keyboard.type("\n");
  await shows(page, /^'v22\.\d+\.\d+'$/m);
  await page.keyboard.type("missing\n");
  await shows(page, /Uncaught ReferenceError: missing is not defined/);
  await page.keyboard.type(".exit\n");
  await line(page, "echo back $?");
  expect(await screen(page)).toMatch(/^> \.exit$/m);
  await shows(page, /^back 0$/m);
  expect(visit.complaints).toEqual([]);
});

/** An archive of a package and all that it needs, below `node_modules`. */
async function packed(name: string): Promise<Buffer> {
  const modules = await installPackages();
  const found = new Set<string>();
  const visit = (each: string, from: string): void => {
    const place = findPackage(each, from);
    if (found.has(place)) return;
    found.add(place);
    const { dependencies = {} } = JSON.parse(
      readFileSync(join(modules, "..", place, "package.json"), "utf8"),
    ) as { dependencies?: Record<string, string> };
    for (const other of Object.keys(dependencies)) visit(other, place);
  };
  const findPackage = (each: string, from: string): string => {
    for (let folder = from; folder !== "."; folder = dirname(folder)) {
      const place = join(folder, "node_modules", each);
      if (existsSync(join(modules, "..", place))) return place;
    }
    return join("node_modules", each);
  };
  visit(name, ".");
  const archive = create({ cwd: join(modules, ".."), gzip: true, portable: true }, [...found]);
  return archive.concat();
}
