/**
 * A library's worker as the kernel's sees it: started for the first stream, ended when there was none for
 * a while, because wasm keeps what memory it ever had. Should it fail, its streams do, and a next one
 * gets another.
 */
import { type Remote, transfer, wrap } from "comlink";
import type { CodecAnswer } from "../../../../kernel/index.ts";
import { CODECS } from "../../../browser-files/names.ts";
import { failed } from "./engine.ts";
import type { CodecService } from "./worker.ts";

const LINGERS_MS = 5000;

export class LibraryWorker {
  readonly #worker: Worker;
  readonly #service: Remote<CodecService>;
  readonly #death: Promise<never>;
  #die!: (reason: unknown) => void;
  #isDead = false;
  #streams = 0;
  #lastNumber = 0;
  #leaving: ReturnType<typeof setTimeout> | undefined;

  constructor(base: string, name: string) {
    const script = new URL(CODECS, base);
    this.#worker = new Worker(script, { type: "module", name: `isopod-${name}` });
    this.#service = wrap<CodecService>(this.#worker);
    this.#death = new Promise((_, reject) => {
      this.#die = reject;
    });
    // Whoever waits for an answer hears of it.
    this.#death.catch(() => {});
    this.#worker.onerror = (event) => this.#end(event.message || `${script} was not loaded`);
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  open(name: string, quality: number | undefined): LibraryStream {
    clearTimeout(this.#leaving);
    this.#streams++;
    const id = ++this.#lastNumber;
    // What fails now fails at the first step.
    this.#ask(() => this.#service.open(id, name, quality)).catch(() => {});
    return {
      step: (flush, data, room) =>
        this.#answer(() =>
          this.#service.step(id, flush, transfer(data, [data.buffer as ArrayBuffer]), room),
        ),
      reset: () =>
        this.#answer(async () => {
          await this.#service.reset(id);
          return { error: 0, consumed: 0, made: new Uint8Array() };
        }),
      close: () => {
        this.#ask(() => this.#service.close(id)).catch(() => {});
        if (--this.#streams === 0) this.#leaving = setTimeout(() => this.#end(), LINGERS_MS);
      },
    };
  }

  async #answer(question: () => Promise<CodecAnswer>): Promise<CodecAnswer> {
    try {
      return await this.#ask(question);
    } catch (reason) {
      return failed(-1, String(reason), "ERR_ZLIB_BINDING_CLOSED");
    }
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await Promise.race([this.#isDead ? this.#death : question(), this.#death]);
    } catch (reason) {
      this.#end(reason);
      throw reason;
    }
  }

  #end(reason: unknown = "nobody needed it"): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#worker.terminate();
    this.#die(reason);
  }
}

export interface LibraryStream {
  step(flush: number, data: Uint8Array, room: number): Promise<CodecAnswer>;
  reset(): Promise<CodecAnswer>;
  close(): void;
}
