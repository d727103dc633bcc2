/**
 * Files of the host's that guests' engines need, as codecs that make something of nothing: a guest opens
 * one by its name and steps until there is no more. Each is read when it is first asked for.
 */
import type { CodecAnswer, HostCodec, HostCodecs } from "../../kernel/index.ts";

export type LentFiles = Readonly<Record<string, () => Promise<Uint8Array>>>;

/** `codecs` and `files`. */
export function withLentFiles(files: LentFiles, codecs?: HostCodecs): HostCodecs {
  const readers = new Map(Object.entries(files).map(([name, read]) => [name, once(read)]));
  return {
    memory(name, parameters) {
      // The host has it once, whoever reads it.
      if (readers.has(name)) return { little: 0, most: 0 };
      return codecs?.memory(name, parameters);
    },
    open(name, parameters, dictionary) {
      const read = readers.get(name);
      if (read) return new LentFile(read);
      return (codecs as HostCodecs).open(name, parameters, dictionary);
    },
  };
}

class LentFile implements HostCodec {
  readonly #read: () => Promise<Uint8Array>;
  #at = 0;

  constructor(read: () => Promise<Uint8Array>) {
    this.#read = read;
  }

  async step(_: number, __: Uint8Array, room: number): Promise<CodecAnswer> {
    try {
      const file = await this.#read();
      const made = file.subarray(this.#at, this.#at + room);
      this.#at += made.length;
      return { error: 0, consumed: 0, made };
    } catch (reason) {
      return { error: -1, consumed: 0, made: new TextEncoder().encode(String(reason)) };
    }
  }

  close(): void {}
}

/** What failed is tried again. */
function once<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | undefined;
  return () => {
    reading ??= read().catch((reason) => {
      reading = undefined;
      throw reason;
    });
    return reading;
  };
}
