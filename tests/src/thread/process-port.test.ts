/** The channel to a child as a port: messages that came in one read are heard one by one. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { portToChild } from "../../../src/thread/process-port.ts";

const COUNT = 20;

test("promises settle between a message and the next", async () => {
  const folder = await mkdtemp(join(tmpdir(), "isopod-port-"));
  const sent = join(folder, "sent");
  const script = `
    for (let i = 0; i < ${COUNT - 1}; i++) process.send(i);
    process.send(${COUNT - 1}, () => {
      require("node:fs").writeFileSync(${JSON.stringify(sent)}, "");
      process.disconnect();
    });`;
  const child = spawn(process.execPath, ["-e", script], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    serialization: "advanced",
  });
  const port = portToChild(child);
  const heard: string[] = [];
  const hear = async (message: unknown) => {
    heard.push(`begun ${message}`);
    for (let i = 0; i < 20; i++) await undefined;
    heard.push(`settled ${message}`);
  };
  const nobody = () => heard.push("told who has gone");
  port.on("message", hear);
  port.on("message", nobody);
  port.off("message", nobody);
  const closed = once(child, "close");
  port.ref();
  // Nothing is read meanwhile, so that all of it is read at once.
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  while (!existsSync(sent)) Atomics.wait(nothing, 0, 0, 5);
  await closed;
  await rm(folder, { recursive: true });
  await expect.poll(() => heard.length).toBe(2 * COUNT);
  const expected = Array.from({ length: COUNT }, (_, i) => [`begun ${i}`, `settled ${i}`]);
  expect(heard).toEqual(expected.flat());
});
