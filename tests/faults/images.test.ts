/** What a guest sees of an image whose bytes cannot be had: EIO on that file, and nothing else amiss. */

import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { buildImage } from "../../src/images/builder/build-image.ts";
import { parseImageFile } from "../../src/images/builder/image-file.ts";
import { Layout } from "../../src/images/node/layout.ts";
import { createVm, type Vm } from "../../src/index.ts";
import { BlobServer } from "../src/images/blob-server.ts";
import { noise } from "../src/images/sample-image.ts";

let folder: string;
let server: BlobServer;
let vm: Vm;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isopod-image-faults-"));
  // Contents of this run alone, so that no cache has them.
  const seed = Date.now();
  for (const i of [1, 2, 3]) writeFileSync(join(folder, `data${i}`), noise(200_000, seed + i));
  const layers = [1, 2, 3].map((i) => ({ files: { [`/data${i}`]: { file: `data${i}` } } }));
  const plan = parseImageFile(join(folder, "isopod.jsonc"), JSON.stringify({ layers }));
  const layout = new Layout(join(folder, "image"));
  await layout.tag((await buildImage(plan, layout)).image, "latest");
  server = await BlobServer.serve(layout.folder);
  vm = await createVm({ image: server.url });
});
afterAll(async () => {
  await vm.dispose();
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  server.fault = undefined;
});

test("a server that refuses: EIO, and the rest of the machine goes on", async () => {
  server.fault = (_, response) => {
    response.writeHead(403).end();
    return true;
  };
  const failed = await vm.exec("cat /data1 | wc -c; cat /etc/hostname; echo goes on");
  expect(failed.stderr).toMatch(/\/data1: Input\/output error|\/data1: I\/O error/);
  expect(failed.stdout).toBe("0\nisopod\ngoes on\n");
  server.fault = undefined;
  expect((await vm.exec("cat /data1 | wc -c")).stdout).toBe("200000\n");
});

test("wrong bytes: EIO, never the bytes", async () => {
  server.fault = (_, response, body) => {
    response.writeHead(206, { "content-length": body.length }).end(body.fill(0, 1000, 1010));
    return true;
  };
  const failed = await vm.exec("cat /data2 | wc -c");
  expect(failed.stderr).toMatch(/Input\/output error|I\/O error/);
  expect(failed.stdout).toBe("0\n");
  server.fault = undefined;
  expect((await vm.exec("cat /data2 | wc -c")).stdout).toBe("200000\n");
});

test("a reader that is killed while it waits for bytes goes, and the bytes come for the next one", async () => {
  let answer = () => {};
  server.fault = (_, response, body) => {
    answer = () => void response.writeHead(206, { "content-length": body.length }).end(body);
    return true;
  };
  const waiting = vm.exec("cat /data3 | wc -c", { timeout: 300 }).catch((error) => error);
  expect(await waiting).toMatchObject({ code: "ETIMEDOUT" });
  expect((await vm.exec("ps -e | grep -c '[c]at'; true")).stdout).toBe("0\n");
  server.fault = undefined;
  answer();
  expect((await vm.exec("cat /data3 | wc -c")).stdout).toBe("200000\n");
});
