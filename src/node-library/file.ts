/**
 * lib/'s text as one file, for hosts that fetch it: gzip of the length of the index, the index, and the
 * text of all modules, our own scripts among them.
 */
import type { LibraryIndex, PackedLibrary } from "../../runtimes/node/library.ts";

const HEAD_BYTES = 8;

/** What is to be compressed. */
export function libraryFile({ index, text }: PackedLibrary): Uint8Array {
  const head = new TextEncoder().encode(JSON.stringify(index));
  const file = new Uint8Array(HEAD_BYTES + head.length + text.byteLength);
  const view = new DataView(file.buffer);
  view.setUint32(0, head.length, true);
  view.setUint32(4, text.byteLength, true);
  file.set(head, HEAD_BYTES);
  file.set(new Uint8Array(text), HEAD_BYTES + head.length);
  return file;
}

/** Unpacks as it arrives, into memory of the caller's choice. */
export async function readLibraryFile<T extends ArrayBufferLike>(
  compressed: ReadableStream<Uint8Array<ArrayBuffer>>,
  allocate: (bytes: number) => T,
): Promise<{ readonly index: LibraryIndex; readonly text: T }> {
  const reader = compressed.pipeThrough(new DecompressionStream("gzip")).getReader();
  let head = new Uint8Array(0);
  let index: LibraryIndex | undefined;
  let text = new Uint8Array(allocate(0));
  let at = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    let rest: Uint8Array = value;
    if (!index) {
      head = concat(head, value);
      if (head.length < HEAD_BYTES) continue;
      const view = new DataView(head.buffer, head.byteOffset, head.length);
      const end = HEAD_BYTES + view.getUint32(0, true);
      if (head.length < end) continue;
      index = JSON.parse(new TextDecoder().decode(head.subarray(HEAD_BYTES, end))) as LibraryIndex;
      text = new Uint8Array(allocate(view.getUint32(4, true)));
      rest = head.subarray(end);
    }
    text.set(rest, at);
    at += rest.length;
  }
  if (!index || at !== text.length) throw new Error("Node's library is cut short");
  return { index, text: text.buffer };
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
