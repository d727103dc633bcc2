/**
 * A guest's thread that keeps no rule of the channel: it sends calls with arguments that make no sense, and
 * while the kernel reads them it changes them, and everything else that lies in the memory they share.
 */
import { parentPort, workerData } from "node:worker_threads";
import { Writer } from "../../../kernel/syscalls/codec.ts";
import { type Definition, syscallsByNumber } from "../../../kernel/syscalls/table.ts";
import { Bell, BODY, POSTED, State, Word } from "../../../runtimes/engines/shared-memory/layout.ts";
import { type Random, seeded } from "../../kernel/random.ts";
import { argument } from "../../kernel/syscalls/arguments.ts";

/** From the kernel's side: the channel of a new process. */
export interface Target {
  readonly memory: SharedArrayBuffer;
  readonly bell: SharedArrayBuffer;
  readonly slot: number;
}

export interface AttackerData {
  readonly seed: number;
  /** [0]: calls made; [1]: not 0 when it is to end; [2]: changes made while a call was read. */
  readonly counts: SharedArrayBuffer;
}

/** Milliseconds that it waits for an answer. */
const PATIENCE_MS = 3;
const SPARED = new Set(["mount", "umount2", "chroot"]);
const calls = syscallsByNumber
  .map(({ name, definition }, number) => ({ name, definition, number }))
  .filter(({ name }) => !SPARED.has(name));

const { seed, counts } = workerData as AttackerData;
const random = seeded(seed);
const tally = new Int32Array(counts);

parentPort?.on("message", (target: Target) => {
  attack(target);
  if (tally[1] === 0) parentPort?.postMessage("gone");
  else process.exit(0);
});

/** Until the process behind the channel is gone. */
function attack({ memory, bell, slot }: Target): void {
  const words = new Int32Array(memory, 0, BODY / 4);
  const bytes = new Uint8Array(memory);
  const writer = new Writer(new Uint8Array(memory, 0, POSTED));
  const bells = new Int32Array(bell);
  while (Atomics.load(tally, 1) === 0) {
    const { definition, number } = random.pick(calls);
    const length = encode(writer, definition, random);
    words[Word.Number] = random.below(200) === 0 ? random.below(2 ** 32) | 0 : number;
    words[Word.Length] = random.below(20) === 0 ? random.below(2 ** 32) | 0 : length;
    if (random.below(10) === 0) disturb(words, random);
    Atomics.store(words, Word.State, State.Request);
    ring(bells, slot);
    Atomics.add(tally, 0, 1);
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      const state = Atomics.load(words, Word.State);
      if (state === State.Gone) return;
      if (state === State.Reply || performance.now() > end) break;
      for (let i = 0; i < 8; i++) {
        bytes[BODY + random.below(length + 80)] = random.pick([0, 1, 255, random.below(256)]);
      }
      if (random.below(50) === 0) disturb(words, random);
      Atomics.add(tally, 2, 1);
    }
  }
}

/** Bytes of the arguments at BODY. */
function encode(writer: Writer, { parameters }: Definition, random: Random): number {
  writer.at = BODY;
  try {
    for (const { codec } of parameters) codec.write(writer, argument(codec as never, random));
  } catch {
    // Too long for the channel: what is there already is sent.
  }
  return writer.at - BODY;
}

/** Anything in any of the words that say how things stand, but for the state, which is stored alone. */
function disturb(words: Int32Array, random: Random): void {
  const word = random.pick(Object.values(Word).filter((index) => index !== Word.State));
  words[word] = random.pick([0, 1, -1, random.below(64), random.below(2 ** 32) | 0, 2 ** 31 - 1]);
  if (random.below(20) === 0) Atomics.store(words, Word.State, random.below(6));
}

function ring(bell: Int32Array, slot: number): void {
  const word = slot >> 5;
  Atomics.or(bell, Bell.Pending + word, 1 << (slot & 31));
  Atomics.or(bell, Bell.Summary + (word >> 5), 1 << (word & 31));
  Atomics.store(bell, Bell.Awake, 1);
  Atomics.notify(bell, Bell.Awake);
}
