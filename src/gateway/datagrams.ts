/**
 * UDP through the gateway. Each socket of a guest has a socket of the host's for each family it uses, and
 * hears only those whom it has sent something: what else arrives there is dropped.
 */
import {
  type Asker,
  type DatagramSender,
  Errno,
  KernelError,
  type Outside,
} from "../../kernel/index.ts";
import type { DatagramPort, Dialer } from "./dialer.ts";
import type { EgressMeter } from "./egress-meter.ts";

/** Sockets of guests that have sent something. */
const SENDERS_MAX = 256;
/** Peers of one of them. */
const PEERS_MAX = 256;
/** Datagrams that wait for one peer to be found. */
const WAITING_MAX = 16;

/** The address to send to on behalf of `to`; throws or rejects with the KernelError of a refusal. */
export type FindPeer = (to: Outside, asker: Asker) => string | Promise<string>;

interface Peer {
  readonly to: Outside;
  /** Undefined: it is being looked for. */
  address: string | undefined;
  readonly waiting: Uint8Array[];
}

interface Sender {
  /** By the address that the guest uses. */
  readonly peers: Map<string, Peer>;
  /** By the real one. */
  readonly heard: Map<string, Peer>;
  readonly ports: Map<4 | 6, DatagramPort>;
}

export class Datagrams {
  readonly #open: NonNullable<Dialer["openDatagrams"]>;
  readonly #find: FindPeer;
  readonly #meter: EgressMeter;
  readonly #senders = new Map<DatagramSender, Sender>();

  constructor(open: NonNullable<Dialer["openDatagrams"]>, find: FindPeer, meter: EgressMeter) {
    this.#open = open;
    this.#find = find;
    this.#meter = meter;
  }

  send(to: Outside, bytes: Uint8Array, from: DatagramSender, asker: Asker): void | Promise<void> {
    const sender = this.#senders.get(from) ?? this.#enter(from);
    const key = keyOf(to.address, to.port);
    const known = sender.peers.get(key);
    if (known) {
      if (known.address !== undefined) this.#pass(sender, from, known, bytes);
      else if (known.waiting.length < WAITING_MAX) known.waiting.push(bytes);
      return undefined;
    }
    if (sender.peers.size >= PEERS_MAX) throw new KernelError(Errno.ENOBUFS);
    const found = this.#find(to, asker);
    const peer: Peer = { to, address: undefined, waiting: [bytes] };
    sender.peers.set(key, peer);
    if (!(found instanceof Promise)) return this.#found(sender, from, peer, found);
    return found.then(
      (address) => this.#found(sender, from, peer, address),
      (reason) => {
        sender.peers.delete(key);
        throw reason;
      },
    );
  }

  forget(from: DatagramSender): void {
    const sender = this.#senders.get(from);
    this.#senders.delete(from);
    for (const port of sender?.ports.values() ?? []) port.close();
  }

  close(): void {
    for (const from of [...this.#senders.keys()]) this.forget(from);
  }

  #enter(from: DatagramSender): Sender {
    if (this.#senders.size >= SENDERS_MAX) throw new KernelError(Errno.ENFILE);
    const sender = { peers: new Map(), heard: new Map(), ports: new Map() };
    this.#senders.set(from, sender);
    return sender;
  }

  #found(sender: Sender, from: DatagramSender, peer: Peer, address: string): void {
    // The guest may have closed its socket meanwhile.
    if (this.#senders.get(from) !== sender) return;
    this.#meter.connection();
    peer.address = address;
    sender.heard.set(keyOf(address, peer.to.port), peer);
    for (const bytes of peer.waiting.splice(0)) this.#pass(sender, from, peer, bytes);
  }

  /** What is beyond the limit of the machine is lost on its way. */
  #mayCome(answer: Uint8Array): boolean {
    try {
      this.#meter.in(answer.length);
      return true;
    } catch (reason) {
      if (reason instanceof KernelError) return false;
      throw reason;
    }
  }

  #pass(sender: Sender, from: DatagramSender, { to, address }: Peer, bytes: Uint8Array): void {
    const family = (address as string).includes(":") ? 6 : 4;
    let port = sender.ports.get(family);
    if (!port) {
      port = this.#open(family, (source, number, answer) => {
        const peer = sender.heard.get(keyOf(source, number));
        if (peer && this.#mayCome(answer)) from.reply(peer.to, answer);
      });
      sender.ports.set(family, port);
    }
    this.#meter.out(bytes.length);
    port.send(address as string, to.port, bytes);
  }
}

function keyOf(address: string, port: number): string {
  return `${address} ${port}`;
}
