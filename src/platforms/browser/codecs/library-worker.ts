/** A compressor's worker as the kernel's sees it. Should it fail, its streams do, and a next one gets another. */
import { type Remote, transfer } from "comlink";
import type { CodecAnswer } from "../../../../kernel/index.ts";
import { CODECS } from "../../../browser-files/names.ts";
import { ServiceThread } from "../service-thread.ts";
import { failed } from "./engine.ts";
import type { CodecService } from "./worker.ts";

export class LibraryWorker {
  readonly #thread: ServiceThread<CodecService>;
  #lastNumber = 0;

  constructor(base: string, name: string) {
    this.#thread = new ServiceThread(new URL(CODECS, base), name);
  }

  get isDead(): boolean {
    return this.#thread.isDead;
  }

  open(name: string, quality: number | undefined): LibraryStream {
    this.#thread.enter();
    const id = ++this.#lastNumber;
    // What fails now fails at the first step.
    this.#ask((service) => service.open(id, name, quality)).catch(() => {});
    return {
      step: (flush, data, room) =>
        this.#answer((service) =>
          service.step(id, flush, transfer(data, [data.buffer as ArrayBuffer]), room),
        ),
      reset: () =>
        this.#answer(async (service) => {
          await service.reset(id);
          return { error: 0, consumed: 0, made: new Uint8Array() };
        }),
      close: () => {
        this.#ask((service) => service.close(id)).catch(() => {});
        this.#thread.leave();
      },
    };
  }

  async #answer(
    question: (service: Remote<CodecService>) => Promise<CodecAnswer>,
  ): Promise<CodecAnswer> {
    try {
      return await this.#ask(question);
    } catch (reason) {
      return failed(-1, String(reason), "ERR_ZLIB_BINDING_CLOSED");
    }
  }

  async #ask<T>(question: (service: Remote<CodecService>) => Promise<T>): Promise<T> {
    try {
      return await this.#thread.ask(question);
    } catch (reason) {
      this.#thread.end(reason);
      throw reason;
    }
  }
}

export interface LibraryStream {
  step(flush: number, data: Uint8Array, room: number): Promise<CodecAnswer>;
  reset(): Promise<CodecAnswer>;
  close(): void;
}
