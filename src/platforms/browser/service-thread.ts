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
  /** Those that wait for an answer. A race with one promise of its end would keep every answer until then. */
  readonly #waiting = new Set<(reason: unknown) => void>();
  #isDead = false;
  #endedBy: unknown;
  #users = 0;
  #leaving: ReturnType<typeof setTimeout> | undefined;

  constructor(script: URL, name: string) {
    this.#worker = new Worker(script, { type: "module", name: `isopod-${name}` });
    this.#service = wrap<Service>(this.#worker);
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
    return new Promise((resolve, reject) => {
      if (this.#isDead) throw this.#endedBy;
      this.#waiting.add(reject);
      question(this.#service)
        .then(resolve, reject)
        .finally(() => this.#waiting.delete(reject));
    });
  }

  end(reason: unknown = "nobody needed it"): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#endedBy = reason;
    this.#worker.terminate();
    for (const reject of this.#waiting) reject(reason);
    this.#waiting.clear();
  }
}
