/** The answers that a kept machine remembers for good, in its store but not in its snapshots. */
import {
  ANSWERS_MAX,
  decodeAnswers,
  encodeAnswers,
  QUESTION_MAX,
} from "../../../kernel/state/answers-record.ts";
import type { ChunkReader } from "../../../kernel/state/chunk-reader.ts";
import type { ChunkStore, Hash, RefName } from "../../../kernel/state/chunk-store.ts";
import { putChunk } from "../../../kernel/state/commit.ts";
import { awake } from "../../../kernel/wait/sleep.ts";
import type { Memory } from "../../permissions/questions.ts";

/** Of each of them: the machine's name comes behind it. */
const ANSWERS = "answers/";

export class StoredAnswers implements Memory {
  readonly #chunks: ChunkReader;
  readonly #ref: RefName;
  readonly #answers: Map<string, boolean>;
  #hash: Hash | undefined;
  #writing: Promise<void> = Promise.resolve();

  private constructor(
    chunks: ChunkReader,
    ref: RefName,
    hash: Hash | undefined,
    answers: Map<string, boolean>,
  ) {
    this.#chunks = chunks;
    this.#ref = ref;
    this.#hash = hash;
    this.#answers = answers;
  }

  /** Of the machine `name`, whose lock is held. What cannot be read was never answered. */
  static async read(chunks: ChunkReader, name: string): Promise<StoredAnswers> {
    const ref = `${ANSWERS}${name}`;
    const hash = await chunks.store.readRef(ref);
    const answers = hash === undefined ? undefined : await read(chunks, hash);
    return new StoredAnswers(chunks, ref, hash, answers ?? new Map());
  }

  get(question: string): boolean | undefined {
    return this.#answers.get(question);
  }

  keep(question: string, allow: boolean): void {
    if (question.length > QUESTION_MAX) return;
    this.#answers.delete(question);
    this.#answers.set(question, allow);
    const [oldest] = this.#answers.size > ANSWERS_MAX ? this.#answers.keys() : [];
    if (oldest !== undefined) this.#answers.delete(oldest);
    // One that does not get there is written with the next one.
    this.#writing = this.#writing.then(() => this.#write()).catch(() => {});
  }

  /** Resolves when nothing is under way. */
  settle(): Promise<void> {
    return this.#writing;
  }

  async #write(): Promise<void> {
    const hash = await putChunk(this.#chunks, encodeAnswers(this.#answers));
    if (await this.#chunks.store.swapRef(this.#ref, this.#hash, hash)) this.#hash = hash;
  }
}

/** A machine is removed. */
export async function forgetAnswers(store: ChunkStore, name: string): Promise<void> {
  const ref = `${ANSWERS}${name}`;
  const hash = await store.readRef(ref);
  if (hash !== undefined) await store.swapRef(ref, hash, undefined);
}

async function read(chunks: ChunkReader, hash: Hash): Promise<Map<string, boolean> | undefined> {
  try {
    return decodeAnswers(await awake(() => chunks.need(hash)));
  } catch {
    return undefined;
  }
}
