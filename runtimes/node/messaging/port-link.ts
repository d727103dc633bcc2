/** The two ends of a message channel, apart from the objects that programs hold (MessagePortData). */
import type { Message } from "./message.ts";

export type Delivery = Message | "close";

/** Where an end's messages go, when it is not an end in the same thread. */
export interface Wire {
  send(message: Message): void;
  /** Takes what has come without waiting. */
  poll(): void;
  /** Watches for more, holding the loop or not. */
  listen(on: boolean): void;
  close(): void;
}

export class PortEnd {
  readonly queue: Delivery[] = [];
  /** The other ends: one, or those of the same name. */
  readonly peers = new Set<PortEnd>();
  /** Called when something was put into the queue. */
  onDelivery: (() => void) | undefined;
  wire: Wire | undefined;
  closed = false;

  /** Links two ends, as a MessageChannel does. */
  static pair(): [PortEnd, PortEnd] {
    const ends: [PortEnd, PortEnd] = [new PortEnd(), new PortEnd()];
    ends[0].peers.add(ends[1]);
    ends[1].peers.add(ends[0]);
    return ends;
  }

  post(message: Message): void {
    if (this.wire) this.wire.send(message);
    else for (const peer of this.peers) peer.deliver(message);
  }

  deliver(delivery: Delivery): void {
    this.queue.push(delivery);
    this.onDelivery?.();
  }

  /** The others learn of it behind what was sent before. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.wire?.close();
    for (const peer of this.peers) {
      peer.peers.delete(this);
      if (peer.peers.size === 0 && !peer.isGroup) peer.deliver("close");
    }
    this.peers.clear();
  }

  /** True for a broadcast channel's, which outlives its others. */
  isGroup = false;
}
