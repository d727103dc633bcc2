/** What has left a machine and come in, for statistics and limits: one for each machine. */

export interface EgressCounts {
  readonly bytesOut: number;
  readonly bytesIn: number;
  /** Connections that were made, and flows of datagrams. */
  readonly connections: number;
  /** HTTP requests that the gateway could see. */
  readonly requests: number;
}

export class EgressMeter {
  #bytesOut = 0;
  #bytesIn = 0;
  #connections = 0;
  #requests = 0;
  /** Hears of every change before it takes effect; throws the KernelError of whoever went too far. */
  check: ((counts: EgressCounts) => void) | undefined;

  get counts(): EgressCounts {
    return {
      bytesOut: this.#bytesOut,
      bytesIn: this.#bytesIn,
      connections: this.#connections,
      requests: this.#requests,
    };
  }

  out(bytes: number): void {
    this.#bytesOut += bytes;
    this.check?.(this.counts);
  }

  in(bytes: number): void {
    this.#bytesIn += bytes;
    this.check?.(this.counts);
  }

  connection(): void {
    this.#connections++;
    this.check?.(this.counts);
  }

  request(): void {
    this.#requests++;
    this.check?.(this.counts);
  }
}
