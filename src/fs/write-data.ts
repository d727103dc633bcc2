/** What writeFile and appendFile take: data at once, or piece by piece. */
import type { RemoteMachine } from "../remote-machine.ts";
import { type BufferEncodingOption, throwIfAborted, toBytes } from "./arguments.ts";

export type Data =
  | string
  | NodeJS.ArrayBufferView
  | Iterable<string | NodeJS.ArrayBufferView>
  | AsyncIterable<string | NodeJS.ArrayBufferView>;

export interface WriteOptions {
  readonly encoding: BufferEncodingOption;
  readonly signal: AbortSignal | undefined;
}

/** Larger data goes in pieces, so that no copy of the whole is made in between. */
export const LARGEST_PIECE = 1 << 20;

export function isWhole(data: unknown): data is string | NodeJS.ArrayBufferView {
  if (typeof data === "string" || ArrayBuffer.isView(data)) return true;
  const iterable =
    typeof data === "object" &&
    data !== null &&
    (Symbol.iterator in data || Symbol.asyncIterator in data);
  // What is neither is refused by toBytes, with Node's words.
  return !iterable;
}

/** Writes all of `data` at the descriptor's offset. */
export async function writeData(
  machine: RemoteMachine,
  fd: number,
  data: Data,
  options: WriteOptions,
): Promise<void> {
  if (isWhole(data)) {
    await writePieces(machine, fd, toBytes(data, options.encoding), options.signal);
    return;
  }
  for await (const piece of data) {
    throwIfAborted(options.signal);
    await writePieces(machine, fd, toBytes(piece, options.encoding), options.signal);
  }
}

async function writePieces(
  machine: RemoteMachine,
  fd: number,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let done = 0; done < bytes.length; done += LARGEST_PIECE) {
    throwIfAborted(signal);
    // A copy of just these bytes: a view would take its whole buffer along to the other thread.
    await machine.files("write", fd, bytes.slice(done, done + LARGEST_PIECE), null);
  }
}
