/** Durable Object stores: workerd is killed. */
import { resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { bundle } from "../../portability/bundle.ts";
import { startObject } from "../../support/workerd-object.ts";
import type { CrashTarget } from "./crash-target.ts";
import type { Found } from "./workload.ts";

export async function durableObjectTarget(): Promise<CrashTarget> {
  const script = await bundle(resolve(import.meta.dirname, "object.ts"));
  const server = await startObject(script, "CrashObject");
  return {
    async writeAndKill(seed, delay) {
      const answer = await fetch(`${server.url}write?seed=${seed}`);
      let said = "";
      let killed: Promise<void> | undefined;
      try {
        for await (const chunk of (answer.body as ReadableStream<Uint8Array>).values()) {
          said += new TextDecoder().decode(chunk);
          killed ??= wait(delay).then(() => server.kill());
        }
      } catch (error) {
        if (!killed) throw error;
      }
      if (!killed) throw new Error(`the writer ended: ${said}`);
      await killed;
      await server.restart();
      const lines = said.split("\n").slice(0, -1);
      const failure = lines.find((line) => !/^\d+$/.test(line));
      if (failure) throw new Error(`the writer failed: ${failure}`);
      return Number(lines.at(-1));
    },

    async find(seed) {
      const answer = await fetch(`${server.url}find?seed=${seed}`);
      if (!answer.ok) throw new Error(await answer.text());
      return (await answer.json()) as Found;
    },

    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
