/**
 * A worker of the kernel's worker, for a library with a service: started for its first user, ended when it
 * had none for a while, because wasm keeps what memory it ever had. Should it fail, whoever waits for an
 * answer hears of it.
 */
import { type Remote, wrap } from "comlink";

const LINGERS_MS = 5000;

export class ServiceThread<Service> {
  readonly #worker: Worker;
  readonly #service: Remote<Service>;
  readonly #death: Promise<never>;
  #die!: (reason: unknown) => void;
  #isDead = false;
  #users = 0;
  #leaving: ReturnType<typeof setTimeout> | undefined;

  constructor(script: URL, name: string) {
    this.#worker = new Worker(script, { type: "module", name: `isopod-${name}` });
    this.#service = wrap<Service>(this.#worker);
    this.#death = new Promise((_, reject) => {
      this.#die = reject;
    });
    // Whoever waits for an answer hears of it.
    this.#death.catch(() => {});
    this.#worker.onerror = (event) => this.end(event.message || `${script} was not loaded`);
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  enter(): void {
    clearTimeout(this.#leaving);
    this.#users++;
  }

  leave(): void {
    if (--this.#users === 0) this.#leaving = setTimeout(() => this.end(), LINGERS_MS);
  }

  /** Rejects where the service does, and once the worker is no more. */
  ask<T>(question: (service: Remote<Service>) => Promise<T>): Promise<T> {
    return Promise.race([this.#isDead ? this.#death : question(this.#service), this.#death]);
  }

  end(reason: unknown = "nobody needed it"): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#worker.terminate();
    this.#die(reason);
  }
}
