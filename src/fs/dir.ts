/** An open directory, read entry by entry, in the shape of node:fs. */
import type { DirectoryItem } from "../machine/files/files.ts";
import type { RemoteMachine } from "../remote-machine.ts";
import { type BufferEncodingOption, fromPath, invalid } from "./arguments.ts";
import { Dirent } from "./dirent.ts";

export class Dir implements AsyncDisposable, AsyncIterable<Dirent> {
  readonly path: string;
  readonly #machine: RemoteMachine;
  readonly #fd: number;
  readonly #encoding: BufferEncodingOption;
  readonly #waiting: DirectoryItem[] = [];
  #ended = false;
  #closed = false;

  constructor(machine: RemoteMachine, fd: number, path: string, encoding: BufferEncodingOption) {
    this.#machine = machine;
    this.#fd = fd;
    this.path = path;
    this.#encoding = encoding;
  }

  /** The next entry; null at the end. */
  async read(): Promise<Dirent | null> {
    this.#requireOpen();
    if (this.#waiting.length === 0 && !this.#ended) {
      this.#waiting.push(...(await this.#machine.files("list", this.#fd)));
      this.#ended = this.#waiting.length === 0;
    }
    const item = this.#waiting.shift();
    if (!item) return null;
    return new Dirent(fromPath(item.name, this.#encoding) as string, this.path, item.type);
  }

  async close(): Promise<void> {
    this.#requireOpen();
    this.#closed = true;
    await this.#machine.files("close", this.#fd);
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Dirent> {
    try {
      for (let entry = await this.read(); entry !== null; entry = await this.read()) yield entry;
    } finally {
      if (!this.#closed) await this.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) await this.close();
  }

  #requireOpen(): void {
    if (!this.#closed) return;
    throw Object.assign(invalid("ERR_INVALID_ARG_VALUE", "Directory handle was closed"), {
      code: "ERR_DIR_CLOSED",
    });
  }
}
