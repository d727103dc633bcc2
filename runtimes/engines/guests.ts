/** What the guests of one kernel's thread share, whatever they run: a doorbell, and a watch over their memory. */
import { Exchange, type ExchangeOptions } from "./exchange.ts";
import { type MemoryLimits, MemoryWatch } from "./memory-watch.ts";
import { RunningGuests } from "./running-guests.ts";

export interface GuestsOptions extends ExchangeOptions {
  readonly memory: MemoryLimits;
}

export class Guests {
  readonly exchange: Exchange;
  readonly running: RunningGuests;

  constructor(options: GuestsOptions) {
    this.exchange = new Exchange(options);
    this.running = new RunningGuests(new MemoryWatch(options.memory), options.scheduler);
  }
}
