/** What a kernel at the other end of a port may say, however wrong: nothing of it throws at this end. */
import { expect, test } from "vitest";
import type { Embedder } from "../../../src/machine/embedder.ts";
import { type Answer, NearEmbedders } from "../../../src/thread/embedder-calls.ts";
import { FarThread } from "../../../src/thread/far-thread.ts";

class Thread extends FarThread {
  protected wordsOf({ message }: Error): string {
    return message;
  }
}

function threadWith() {
  const listeners: ((message: unknown) => void)[] = [];
  const thread = new Thread({
    postMessage() {},
    on: (_event, listener) => listeners.push(listener),
    off() {},
    ref() {},
    unref() {},
  });
  return { thread, say: (message: unknown) => listeners.forEach((hear) => void hear(message)) };
}

test("messages of any shape throw nothing; lines of a trace and a fault are heard", async () => {
  const { thread, say } = threadWith();
  const heard: string[][] = [];
  void thread.trace(1, (lines) => heard.push(lines)).catch(() => {});
  for (const odd of [null, undefined, 1, "text", [], {}, { trace: 1, lines: 7 }, { answer: 9 }]) {
    expect(() => say(odd)).not.toThrow();
  }
  say({ id: "nobody's", type: "RAW", value: 1 });
  expect(() => say({ ask: 1, embedder: 5, name: "tell", args: [] })).not.toThrow();
  expect(heard).toEqual([]);
  say({ trace: 1, lines: ["read()"] });
  expect(heard).toEqual([["read()"]]);
  expect(thread.dead).toBe(false);
  expect(() => say({ fault: { toString: 1 } })).not.toThrow();
  expect(thread.dead).toBe(true);
});

test("an answer that cannot be a message, and one that throws nothing, are told as failures", async () => {
  const embedders = new NearEmbedders();
  let value: unknown = () => {};
  const answered = async () => (value === null ? Promise.reject(value) : value);
  const embedder = { ask: answered } as unknown as Embedder;
  const number = embedders.add(embedder);
  const ask = () =>
    new Promise<Answer>((resolve) => {
      const message = { ask: 1, embedder: number, name: "ask" as keyof Embedder, args: [] };
      embedders.hear(message, (answer) => resolve(structuredClone(answer)));
    });
  expect(await ask()).toMatchObject({ failure: { message: expect.stringMatching(/cloned/) } });
  value = null;
  expect(await ask()).toMatchObject({ failure: { message: "null" } });
  value = 7;
  expect(await ask()).toEqual({ answer: 1, value: 7 });
});
