/**
 * One end of a connection that outlives its sockets. It cuts messages into frames, takes turns between
 * messages so that a long one holds up no other, keeps what is not acknowledged and sends it again on the
 * next socket, and puts messages together. So each message arrives once, and frames in order, or the
 * session is over. At most WINDOW_BYTES are on their way: a slow receiver stops the sender.
 */
import { decodeFrame, encodeFrame, FrameKind } from "./frames.ts";
import { ACKNOWLEDGE_BYTES, FRAME_BYTES, WINDOW_BYTES } from "./protocol.ts";

export interface LinkSocket {
  send(data: Uint8Array): void;
}

export interface LinkEvents {
  /** A whole message. `bytes` is the receiver's. */
  message(id: number, bytes: Uint8Array): void;
  /** A message of more than `messageBytesMax`, which was thrown away. */
  tooLarge(id: number): void;
}

/** The other side breaks the protocol; the socket is to be closed. */
export class ProtocolError extends Error {}

/** Messages whose parts are gathered at once. */
const PARTIAL_MAX = 64;

interface Outgoing {
  readonly id: number;
  readonly bytes: Uint8Array;
  at: number;
  readonly sent: () => void;
}

/** A message whose parts are copied together: views would hold whatever came in the same packet. */
interface Incoming {
  bytes: Uint8Array;
  size: number;
}

export class Link {
  readonly #events: LinkEvents;
  readonly #messageBytesMax: number;
  #socket: LinkSocket | undefined;
  /** Messages with frames yet to send, in turn. */
  readonly #queue: Outgoing[] = [];
  /** Frames that were sent and not acknowledged; #sent counts them and all before. */
  readonly #unacknowledged: Uint8Array[] = [];
  #unacknowledgedBytes = 0;
  #sent: number;
  #received: number;
  #owedBytes = 0;
  readonly #incoming = new Map<number, Incoming>();

  constructor(events: LinkEvents, messageBytesMax: number, counts = { sent: 0, received: 0 }) {
    this.#events = events;
    this.#messageBytesMax = messageBytesMax;
    this.#sent = counts.sent;
    this.#received = counts.received;
  }

  /** Frames of the other side's that arrived, and of ours that were sent. */
  get counts(): { readonly sent: number; readonly received: number } {
    return { sent: this.#sent, received: this.#received };
  }

  /** Bytes that wait for the other side. */
  get backlog(): number {
    return this.#queue.reduce((sum, { bytes, at }) => sum + bytes.length - at, 0);
  }

  /** Messages that wait for the other side. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** False: the other side misses frames that are not here any more. */
  canResume(theirReceived: number): boolean {
    return this.#behind(theirReceived) <= this.#unacknowledged.length;
  }

  /** Goes on with `socket`; the other side has received so many frames. */
  attach(socket: LinkSocket, theirReceived: number): void {
    this.#acknowledged(theirReceived);
    this.#socket = socket;
    this.#owedBytes = 0;
    for (const frame of this.#unacknowledged) socket.send(frame);
    this.#pump();
  }

  /** Goes on with a socket that has lost nothing. */
  adopt(socket: LinkSocket): void {
    this.#socket = socket;
    this.#pump();
  }

  detach(): void {
    this.#socket = undefined;
  }

  /** Resolves when the last frame is on its way. */
  send(id: number, bytes: Uint8Array): Promise<void> {
    return new Promise((sent) => {
      this.#queue.push({ id, bytes, at: 0, sent });
      this.#pump();
    });
  }

  /** Takes one frame. Throws a ProtocolError where it is none that may come. */
  receive(bytes: Uint8Array): void {
    if (bytes.length > FRAME_BYTES + 64) throw new ProtocolError("a frame is too large");
    const frame = decodeFrame(bytes);
    if (!frame) throw new ProtocolError("this is no frame");
    this.#acknowledged(frame.acknowledged);
    if (frame.kind !== FrameKind.ACKNOWLEDGEMENT) {
      this.#received = (this.#received + 1) >>> 0;
      this.#owedBytes += bytes.length;
      this.#gather(frame.message, frame.payload, frame.kind === FrameKind.LAST);
      if (this.#owedBytes >= ACKNOWLEDGE_BYTES) this.#acknowledge();
    }
    this.#pump();
  }

  #gather(id: number, payload: Uint8Array, last: boolean): void {
    const known = this.#incoming.get(id);
    if (!known && last && payload.length <= this.#messageBytesMax) {
      this.#events.message(id, payload);
      return;
    }
    // It would be sent for ever: no message is larger for it.
    if (!last && payload.length === 0) throw new ProtocolError("a part of a message is empty");
    const incoming = known ?? { bytes: NO_BYTES, size: 0 };
    if (!known && this.#incoming.size >= PARTIAL_MAX) {
      throw new ProtocolError("too many messages are sent in parts at once");
    }
    // What is too large is counted on, and kept no more.
    if (incoming.size + payload.length > this.#messageBytesMax) incoming.bytes = NO_BYTES;
    else append(incoming, payload, this.#messageBytesMax);
    incoming.size += payload.length;
    if (!last) {
      this.#incoming.set(id, incoming);
      return;
    }
    this.#incoming.delete(id);
    if (incoming.size > this.#messageBytesMax) this.#events.tooLarge(id);
    else this.#events.message(id, incoming.bytes.subarray(0, incoming.size));
  }

  #acknowledge(): void {
    this.#owedBytes = 0;
    const acknowledged = this.#received;
    const payload = new Uint8Array(0);
    const kind = FrameKind.ACKNOWLEDGEMENT;
    this.#socket?.send(encodeFrame({ kind, acknowledged, message: 0, payload }));
  }

  #acknowledged(count: number): void {
    const behind = this.#behind(count);
    // An older count than was heard before says nothing new.
    while (this.#unacknowledged.length > behind) {
      const frame = this.#unacknowledged.shift() as Uint8Array;
      this.#unacknowledgedBytes -= frame.length;
    }
  }

  /** How many of the frames that were sent a side lacks that has received `count`. */
  #behind(count: number): number {
    return (this.#sent - count) >>> 0;
  }

  #pump(): void {
    while (this.#socket && this.#unacknowledgedBytes < WINDOW_BYTES) {
      const message = this.#queue.shift();
      if (!message) return;
      const end = Math.min(message.bytes.length, message.at + FRAME_BYTES);
      const last = end === message.bytes.length;
      const frame = encodeFrame({
        kind: last ? FrameKind.LAST : FrameKind.PART,
        acknowledged: this.#received,
        message: message.id,
        payload: message.bytes.subarray(message.at, end),
      });
      message.at = end;
      this.#owedBytes = 0;
      this.#sent = (this.#sent + 1) >>> 0;
      this.#unacknowledged.push(frame);
      this.#unacknowledgedBytes += frame.length;
      this.#socket.send(frame);
      if (last) message.sent();
      else this.#queue.push(message);
    }
  }
}

const NO_BYTES = new Uint8Array(0);

function append(incoming: Incoming, part: Uint8Array, most: number): void {
  const { bytes, size } = incoming;
  if (size + part.length > bytes.length) {
    const room = Math.min(most, Math.max(size + part.length, bytes.length * 2));
    incoming.bytes = new Uint8Array(room);
    incoming.bytes.set(bytes.subarray(0, size));
  }
  incoming.bytes.set(part, size);
}
