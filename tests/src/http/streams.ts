/** Connections in memory: two ends, each with room for so many bytes of what the other writes. */
import type { ByteStream } from "../../../src/http/byte-stream.ts";

export function pair(room = 1 << 16): [ByteStream, ByteStream] {
  const there = new Pipe(room);
  const back = new Pipe(room);
  return [end(back, there), end(there, back)];
}

/** A stream that gives `text`, piece by piece, and keeps what is written. */
export function scripted(
  pieces: readonly (string | Uint8Array)[],
): ByteStream & { written: string } {
  const rest = pieces.map((piece) => (typeof piece === "string" ? bytesOf(piece) : piece));
  return {
    written: "",
    async read(most) {
      const piece = rest.shift();
      if (piece && piece.length > most) rest.unshift(piece.subarray(most));
      return piece?.subarray(0, most);
    },
    async write(bytes) {
      this.written += textOf(bytes);
    },
    async end() {},
    abort() {},
  };
}

export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

export async function everything(source: {
  read(most: number): Promise<Uint8Array | undefined>;
}): Promise<string> {
  let text = "";
  for (let piece = await source.read(1024); piece; piece = await source.read(1024)) {
    text += textOf(piece);
  }
  return text;
}

function end(incoming: Pipe, outgoing: Pipe): ByteStream {
  return {
    read: (most) => incoming.read(most),
    write: (bytes) => outgoing.write(bytes),
    async end() {
      outgoing.end();
    },
    abort(reason) {
      incoming.fail(reason);
      outgoing.fail(reason);
    },
  };
}

class Pipe {
  readonly #room: number;
  #bytes: number[] = [];
  #ended = false;
  #failure: unknown;
  #changed = Promise.withResolvers<void>();

  constructor(room: number) {
    this.#room = room;
  }

  async read(most: number): Promise<Uint8Array | undefined> {
    while (this.#bytes.length === 0) {
      if (this.#failure) throw this.#failure;
      if (this.#ended) return undefined;
      await this.#changed.promise;
    }
    const taken = Uint8Array.from(this.#bytes.splice(0, most));
    this.#wake();
    return taken;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (const byte of bytes) {
      while (this.#bytes.length >= this.#room && !this.#failure) await this.#changed.promise;
      if (this.#failure) throw this.#failure;
      this.#bytes.push(byte);
      this.#wake();
    }
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  fail(reason: unknown = new Error("ECONNRESET")): void {
    this.#failure ??= reason;
    this.#wake();
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
