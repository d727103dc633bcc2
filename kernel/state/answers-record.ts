/**
 * Answers to questions about a machine's permissions that were to be remembered for good. They are beside
 * the machine, under a ref of their own, so that no snapshot and no move carries somebody's leave along.
 */
import { Tag } from "./shapes.ts";
import { corrupt, Reader, Writer } from "./wire.ts";

const VERSION = 1;
/** Together they fit into one chunk. */
export const ANSWERS_MAX = 256;
/** Characters. */
export const QUESTION_MAX = 1024;

/** By question, the oldest first. */
export function encodeAnswers(answers: ReadonlyMap<string, boolean>): Uint8Array {
  const writer = new Writer();
  writer.byte(Tag.answers);
  writer.byte(VERSION);
  writer.number(answers.size);
  for (const [question, allow] of answers) {
    writer.text(question);
    writer.byte(allow ? 1 : 0);
  }
  return writer.take();
}

export function decodeAnswers(bytes: Uint8Array): Map<string, boolean> {
  const reader = new Reader(bytes);
  if (reader.byte() !== Tag.answers || reader.byte() !== VERSION) corrupt();
  const answers = new Map<string, boolean>();
  for (let count = reader.number(ANSWERS_MAX); count > 0; count--) {
    answers.set(reader.text(3 * QUESTION_MAX), reader.byte() === 1);
  }
  reader.end();
  return answers;
}
