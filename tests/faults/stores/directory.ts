/** Directory stores: a process of Node is killed. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { openDirectoryStore } from "../../../src/stores/directory.ts";
import type { CrashTarget } from "./crash-target.ts";
import { find } from "./workload.ts";

const WRITER = resolve(import.meta.dirname, "directory-writer.ts");

export async function directoryTarget(): Promise<CrashTarget> {
  const parent = await mkdtemp(join(tmpdir(), "isopod-crash-"));
  const folder = join(parent, "store");
  return {
    async writeAndKill(seed, delay) {
      const writer = spawn(process.execPath, ["--no-warnings", WRITER, folder, `${seed}`], {
        stdio: ["ignore", "pipe", "pipe"],
      });
      let complaints = "";
      writer.stderr.on("data", (chunk) => {
        complaints += chunk;
      });
      const ended = new Promise((settle) => writer.on("close", (_, signal) => settle(signal)));
      let last: number | undefined;
      const killed = Promise.withResolvers<void>();
      createInterface({ input: writer.stdout }).on("line", (line) => {
        if (last === undefined) {
          void wait(delay).then(() => {
            writer.kill("SIGKILL");
            killed.resolve();
          });
        }
        last = Number(line);
      });
      await Promise.race([killed.promise, ended]);
      if ((await ended) !== "SIGKILL") throw new Error(`the writer failed: ${complaints}`);
      return last;
    },

    async find(seed) {
      const store = await openDirectoryStore(folder);
      try {
        return await find(store, seed);
      } finally {
        await store.close();
      }
    },

    [Symbol.asyncDispose]: () => rm(parent, { recursive: true, force: true }),
  };
}
